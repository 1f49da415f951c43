import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { encodeDataset } from '../../gpu-embedder/embed/encode-dataset.ts';
import { loadModel } from '../../gpu-embedder/embed/load-model.ts';
import { indexDataset } from './index-dataset.ts';
import { publishVersion } from '../../gpu-embedder/operate/publish/publish-version.ts';
import { writeInt8Model } from '../encoder/int8-model.ts';
import { memoryStore } from '../support/memory-store.ts';
import type { EdgeFixture } from './edge-fixture-type.ts';
import { writeTinyDataset } from './tiny-dataset.ts';
import { uploads } from './uploads.ts';

/** Build the fixture with Diptych's own code: model, data set, embeddings, index and publication. */
export default async function provideFixture(project: TestProject): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-edge-'));
  try {
    project.provide('edge', await buildFixture(dir));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function buildFixture(dir: string): Promise<EdgeFixture> {
  const [modelDir, data, embeddings, out] = ['model', 'data', 'embeddings', 'index'].map((name) =>
    join(dir, name),
  );
  await writeInt8Model(modelDir, { seed: 3 });
  const model = await loadModel(modelDir, { threads: 1 });
  try {
    await writeTinyDataset(data, model.imageSize);
    const collection = 'pictograms';
    await encodeDataset({ model: modelDir, data, collection, out: embeddings, threads: 1 });
    const options = { embeddings, data, model: modelDir, out };
    const built = await indexDataset({ ...options, collection });
    const sharded = await indexDataset({ ...options, collection: 'sharded', shards: 4 });
    const store = memoryStore();
    for (const version of [built, sharded]) await publishVersion(store, version.dir, modelDir);
    const images = await uploads();
    const text = 'birthday cake';
    const embedded = await Promise.all(
      ['square.png', 'wide.png', 'upright.jpg'].map(
        async (name) => [name, [...(await model.embedImages([images[name]]))]] as const,
      ),
    );
    return {
      objects: base64Of(
        Object.fromEntries([...store.objects].map(([key, { bytes }]) => [key, bytes])),
      ),
      version: built.manifest.version,
      shardedVersion: sharded.manifest.version,
      modelHash: model.hash,
      uploads: base64Of(images),
      onnx: {
        text,
        textEmbedding: [...(await model.embedTexts([text]))],
        images: Object.fromEntries(embedded),
      },
    };
  } finally {
    await model.dispose();
  }
}

function base64Of(files: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  const entries = Object.entries(files);
  return Object.fromEntries(
    entries.map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  );
}
