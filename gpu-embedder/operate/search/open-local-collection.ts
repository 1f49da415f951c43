import { DiptychError } from '../../../src/errors.ts';
import type { Collection } from '../../../src/search/collection.ts';
import { openLocalVectors } from '../../../src/search/open/open-local-vectors.ts';
import { openVersion } from '../../../src/search/open/open-version.ts';
import type { QueryModel } from '../../../src/search/query-model.ts';
import { localVectors } from '../../../src/search/vector-search.ts';
import { openVersionFolder } from '../../common/open-version-folder.ts';
import { allowRelaxedSimd, loadWasm } from '../../common/wasm-modules.ts';

/**
 * Open the folder of an index version for search.
 *
 * @throws DiptychError model_mismatch (it was built with another model), invalid_option (its vectors
 *   are in Vectorize), not_prepared, index_unreadable
 */
export async function openLocalCollection(dir: string, model: QueryModel): Promise<Collection> {
  const files = await openVersionFolder(dir);
  const { manifest } = files;
  const { collection, version, model: expected } = manifest;
  if (model.hash !== expected.hash) {
    throw new DiptychError(
      'model_mismatch',
      `index ${collection}/${version}: expected model ${expected.id} (${expected.hash}), got ${model.id} (${model.hash})`,
    );
  }
  allowRelaxedSimd();
  const opened = await openVersion(files, async () => {
    const { images, captions } = await openLocalVectors(files, loadWasm('search'));
    return { images: localVectors(images), captions: localVectors(captions) };
  });
  return { ...opened, model, reference: { collection, version, model: expected.id } };
}
