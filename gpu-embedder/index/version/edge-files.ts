import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeModel } from '../../common/model-folder/model-description.ts';
import type { ModelFiles } from '../../common/model-folder/model-files.ts';
import { edgeWeights } from '../../learn/model/edge-weights.ts';
import { hubTextTower } from '../../learn/model/hub-edge-weights.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The files of a model that the edge loads. Without `image.bin`, an embedder encodes pictures. */
export interface EdgeFiles {
  readonly 'text.bin': Bytes;
  readonly 'image.bin'?: Bytes;
  readonly 'tokenizer.json': Bytes;
}

/**
 * Derive what the edge loads of a model: both towers of one of ours, and the text tower of a CLIP or
 * SigLIP of the hub, whose pictures are resized by another rule than the worker has.
 *
 * @returns null where the kernels cannot run the text tower; the user is told which node is unknown
 * @throws DiptychError unreadable_model
 */
export async function edgeFiles(files: ModelFiles): Promise<EdgeFiles | null> {
  const tokenizer = new Uint8Array(await readFile(join(files.dir, 'tokenizer.json')));
  const description = describeModel(files);
  if (description.family === 'diptych') {
    const { text, image } = await edgeWeights(files.dir);
    return { 'text.bin': text, 'image.bin': image, 'tokenizer.json': tokenizer };
  }
  const text = await hubTextTower(files, description);
  if (typeof text !== 'string') return { 'text.bin': await text(), 'tokenizer.json': tokenizer };
  process.stderr.write(`the edge cannot run this text tower: ${text}\n`);
  return null;
}
