import { makeActive } from '../../version/make-active.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Job } from '../rows/jobs.ts';
import { listVersions, setVersionState } from '../../catalogue/versions.ts';
import { pointerOf } from './job-pointer.ts';
import type { Stores } from '../../catalogue/stores.ts';

/**
 * Make the version of a job the active one, in the store and in the catalogue. If somebody published or
 * rolled back after the job began, that choice stands, and this fails.
 *
 * @param verify - throws if the version must not become active
 * @throws DiptychError publish_conflict, not_found (somebody removed the version)
 * @throws whatever `verify` throws
 */
export async function switchVersion(
  { catalogue, objects }: Stores,
  job: Pick<Job, 'id' | 'collection'>,
  version: string,
  verify?: () => Promise<unknown>,
): Promise<void> {
  const { collection } = job;
  await makeActive(objects, await pointerOf(objects, job), version, verify, catalogue.now());
  await markActive(catalogue, collection, version);
}

/** Mark a version as the active one of its collection in the catalogue, if the catalogue knows it. */
export async function markActive(
  catalogue: Catalogue,
  collection: string,
  version: string,
): Promise<void> {
  for (const other of await listVersions(catalogue, collection)) {
    if (other.version === version || other.state !== 'published') continue;
    await setVersionState(catalogue, collection, other.version, ['published'], 'retired');
  }
  await setVersionState(catalogue, collection, version, ['built', 'retired'], 'published');
}
