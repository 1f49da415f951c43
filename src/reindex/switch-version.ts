import { movePointer, readPointer } from '../artifact/move-pointer.ts';
import { listVersions, setVersionState } from '../catalogue/versions.ts';
import type { JobStores } from './plan-job.ts';

/**
 * Make a version that was verified the active one, in the store and in the catalogue.
 *
 * @throws DiptychError publish_conflict where another publisher was quicker
 */
export async function switchVersion(
  { catalogue, objects }: JobStores,
  collection: string,
  version: string,
): Promise<void> {
  await movePointer(objects, await readPointer(objects, collection), version, catalogue.now());
  for (const other of await listVersions(catalogue, collection)) {
    if (other.version === version || other.state !== 'published') continue;
    await setVersionState(catalogue, collection, other.version, ['published'], 'retired');
  }
  await setVersionState(catalogue, collection, version, ['built', 'retired'], 'published');
}
