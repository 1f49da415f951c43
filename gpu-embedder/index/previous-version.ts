import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCaptions } from '../../src/artifact/captions.ts';
import { parseItems } from '../../src/artifact/items.ts';
import { parseManifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import { openPreviousVectors, type PreviousVectors } from './previous-vectors.ts';

/** An index version that the next one is made from. */
export interface PreviousVersion {
  readonly version: string;
  readonly image: PreviousVectors;
  readonly caption: PreviousVectors;
}

/**
 * Open an index version to change it.
 *
 * @param model - that made the new vectors
 * @throws DiptychError not_prepared (no version there), model_mismatch, index_unreadable,
 *   invalid_option (not one graph)
 */
export async function openPreviousVersion(
  dir: string,
  model: { readonly id: string; readonly hash: string },
): Promise<PreviousVersion> {
  const json = await readFile(join(dir, 'manifest.json'), 'utf8').catch((cause: unknown) => {
    const message = `${dir}: expected an index version (a folder with manifest.json), got none`;
    throw new DiptychError('not_prepared', message, undefined, { cause });
  });
  const manifest = parseManifest(join(dir, 'manifest.json'), json);
  if (manifest.shards || manifest.vectors !== 'isolate') {
    const got = manifest.shards ? `${manifest.shards.length} shards` : manifest.vectors;
    throw new DiptychError(
      'invalid_option',
      `${dir}: expected a version of one graph, got ${got}: leave --from out`,
    );
  }
  if (manifest.model.hash !== model.hash) {
    throw new DiptychError(
      'model_mismatch',
      `${dir}: expected a version of model ${model.id} (${model.hash}), got one of ${manifest.model.id} (${manifest.model.hash}), whose vectors are all others: leave --from out`,
      { expected: model.hash, got: manifest.model.hash },
    );
  }
  const { version } = manifest;
  const open = async (file: string, keys: readonly string[]) => {
    const name = join(dir, file);
    const options = { name, dim: manifest.model.embedDim, keys };
    const previous = openPreviousVectors(version, await read(name), options);
    if (previous.graph.count === keys.length) return previous;
    const message = `${name}: expected ${keys.length} vectors, one for each name, got ${previous.graph.count}`;
    throw new DiptychError('index_unreadable', message);
  };
  const text = async (file: string) => (await read(join(dir, file))).toString('utf8');
  return {
    version,
    image: await open('image.bin', parseItems(await text('items.json')).ids),
    caption: await open('caption.bin', parseCaptions(await text('captions.json')).texts),
  };
}

async function read(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new DiptychError('index_unreadable', `${path}: ${String(cause)}`, undefined, { cause });
  });
}
