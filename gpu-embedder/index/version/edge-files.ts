import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeModel } from '../../common/model-folder/model-description.ts';
import type { ModelFiles } from '../../common/model-folder/model-files.ts';
import { edgeWeights } from '../../learn/model/edge-weights.ts';

/** The files of a model that the edge loads. */
export type EdgeFiles = Readonly<
  Record<'text.bin' | 'image.bin' | 'tokenizer.json', Uint8Array<ArrayBuffer>>
>;

/**
 * Derive what the edge loads of a model.
 *
 * @returns null for a model of the hub: the edge has no kernels for its towers, so an embedder encodes
 * @throws DiptychError unreadable_model
 */
export async function edgeFiles(files: ModelFiles): Promise<EdgeFiles | null> {
  if (describeModel(files).family !== 'diptych') return null;
  const { text, image } = await edgeWeights(files.dir);
  const tokenizer = await readFile(join(files.dir, 'tokenizer.json'));
  return { 'text.bin': text, 'image.bin': image, 'tokenizer.json': new Uint8Array(tokenizer) };
}
