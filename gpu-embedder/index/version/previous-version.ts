import { vectorFile, type VectorKind } from '../../../src/version/keys.ts';
import { DiptychError } from '../../../src/errors.ts';
import { openCaptions, openItems } from '../../../src/search/open/open-version.ts';
import type { VersionFiles } from '../../../src/search/open/version-files.ts';
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
 * @param model - the model that made the new vectors
 * @throws DiptychError model_mismatch, index_unreadable, invalid_option (not one graph)
 */
export async function openPreviousVersion(
  files: VersionFiles,
  model: { readonly id: string; readonly hash: string },
): Promise<PreviousVersion> {
  checkSource(files, model);
  return {
    version: files.manifest.version,
    image: await openKind(files, 'image', (await openItems(files)).ids.all()),
    caption: await openKind(files, 'caption', (await openCaptions(files)).texts.all()),
  };
}

function checkSource(
  { manifest, key }: VersionFiles,
  model: { readonly id: string; readonly hash: string },
): void {
  const where = key('manifest.json');
  if (manifest.shards || manifest.vectors !== 'isolate') {
    const got = manifest.shards ? `${manifest.shards.length} shards` : manifest.vectors;
    throw new DiptychError(
      'invalid_option',
      `${where}: expected a version of one graph, got ${got}: leave --from out`,
    );
  }
  if (manifest.model.hash === model.hash) return;
  throw new DiptychError(
    'model_mismatch',
    `${where}: expected a version of model ${model.id} (${model.hash}), got one of ${manifest.model.id} (${manifest.model.hash}), whose vectors all differ: leave --from out`,
    { expected: model.hash, got: manifest.model.hash },
  );
}

async function openKind(
  files: VersionFiles,
  kind: VectorKind,
  keys: readonly string[],
): Promise<PreviousVectors> {
  const { version, model } = files.manifest;
  const file = vectorFile(kind);
  const name = files.key(file);
  const options = { name, dim: model.embedDim, keys };
  const previous = openPreviousVectors(version, await files.read(file), options);
  if (previous.graph.count === keys.length) return previous;
  throw new DiptychError(
    'index_unreadable',
    `${name}: expected ${keys.length} vectors, one for each name, got ${previous.graph.count}`,
  );
}
