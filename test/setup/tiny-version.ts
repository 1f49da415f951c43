import { join } from 'node:path';
import { encodeDataset } from '../../gpu-embedder/embed/encode-dataset.ts';
import { indexDataset } from './index-dataset.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { writeTinyDataset } from './tiny-dataset.ts';

export interface TinyVersion {
  readonly model: string;
  /** Folders of the prepared pictures and their embeddings. */
  readonly data: string;
  readonly embeddings: string;
  /** Folder of the index version. */
  readonly index: string;
  /** Builds another version of the same pictures. */
  again(M: number, shards?: number): Promise<string>;
}

/** Make a random model, pictures, and an index version of them in a folder. */
export async function writeTinyVersion(dir: string, collection: string): Promise<TinyVersion> {
  const [model, data, out] = ['model', 'data', 'index'].map((name) => join(dir, name));
  await writeTinyModel(model, { seed: 3 });
  await writeTinyDataset(data, 32);
  const encoded = { model, data, collection, out: join(dir, 'embeddings'), threads: 1 };
  const { dir: embeddings } = await encodeDataset(encoded);
  const version = async (M: number, shards?: number) =>
    (await indexDataset({ embeddings, data, model, collection, out, M, shards })).dir;
  return { model, data, embeddings, index: await version(16), again: version };
}
