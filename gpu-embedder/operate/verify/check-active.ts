import { getVersion, listVersions } from '../../../src/catalogue/versions.ts';
import { DiptychError } from '../../../src/errors.ts';
import { knownIds } from '../../../src/items/items.ts';
import { listLedger } from '../../../src/jobs/rows/ledger.ts';
import { openItems } from '../../../src/search/open/open-version.ts';
import { activeKey } from '../../../src/version/keys.ts';
import { makeActive } from '../../../src/version/make-active.ts';
import { seePointer, type SeenPointer } from '../../../src/version/move-pointer.ts';
import { verifyVersion } from '../publish/verify-version.ts';
import { openStoredVersion } from '../store/open-stored-version.ts';
import type { Difference } from './differences.ts';
import type { Verifying } from './verifying.ts';

/**
 * Check the pointer of a collection against the catalogue, and the version that answers, or should,
 * against its files, its ledger and the catalogue.
 *
 * @returns the version that was checked, or null if there is none
 */
export async function checkActive(work: Verifying): Promise<string | null> {
  const seen = await seePointer(work.objects, work.collection);
  const versions = await listVersions(work.catalogue, work.collection);
  const published = versions.find(({ state }) => state === 'published')?.version ?? null;
  checkPointer(work, seen, published);
  const version = seen.pointer?.version ?? published;
  if (version === null) return null;
  await checkFiles(work, version);
  await checkContent(work, version);
  return version;
}

function checkPointer(work: Verifying, seen: SeenPointer, published: string | null): void {
  const { collection, objects, differ, mend } = work;
  const wrong = wrongPointer(seen, published);
  if (!wrong) return;
  differ({
    ...wrong,
    where: activeKey(collection),
    expected: published
      ? `version ${published}, which the catalogue has as published`
      : 'a pointer',
    fix: published
      ? 'run "diptych verify --repair"'
      : 'name a version: diptych versions rollback VERSION',
  });
  if (published === null) return;
  mend({
    what: `make ${published} active, if its files are whole`,
    apply: () =>
      makeActive(objects, seen, published, () => verifyVersion(objects, collection, published)),
  });
}

/**
 * Find what is wrong with a pointer. `publish` and `versions rollback` move it without the catalogue,
 * and it then lists the version that was published as an earlier one. A pointer that never heard of
 * that version is older than the catalogue, as in a bucket that was restored.
 */
function wrongPointer(
  { pointer, unreadable }: SeenPointer,
  published: string | null,
): Pick<Difference, 'kind' | 'got'> | null {
  if (unreadable) return { kind: 'pointer_unreadable', got: unreadable.message };
  if (published === null) return null;
  if (!pointer) return { kind: 'pointer_missing', got: 'no pointer: nothing answers' };
  const { version, previous, retired = [] } = pointer;
  const known = [version, previous, ...retired.map((one) => one.version)];
  if (known.includes(published)) return null;
  return { kind: 'pointer_outdated', got: `version ${version}, and nothing of ${published}` };
}

async function checkFiles(work: Verifying, version: string): Promise<void> {
  const { objects, collection, quick, differ } = work;
  const tell = (error: unknown) => {
    if (!(error instanceof DiptychError)) throw error;
    if (!['index_unreadable', 'not_found', 'below_minimum'].includes(error.code)) throw error;
    differ({
      kind: error.code === 'not_found' ? 'version_missing' : 'version_damaged',
      where: `version ${version}`,
      expected: 'its files as the manifest lists them',
      got: error.message,
      fix: 'go back with "diptych versions rollback", or run reindex or publish again',
    });
  };
  const options = { checksums: !quick, onBadFile: tell };
  await verifyVersion(objects, collection, version, options).catch(tell);
}

/** Check the items of a version against the ledger of its job and against the catalogue. */
async function checkContent(work: Verifying, version: string): Promise<void> {
  const { catalogue, collection, page, differ } = work;
  const row = await getVersion(catalogue, collection, version);
  // `diptych publish` does not write to the catalogue, so this version may have no row or no job.
  if (!row?.jobId) return;
  const ids = await readIds(work, version);
  // If the items cannot be read, `checkFiles` has said why, and the ledger has no counterpart.
  if (!ids) return;
  const unlisted = await checkLedger(work, row.jobId, new Set(ids));
  for (const id of unlisted) {
    differ({
      kind: 'item_not_in_ledger',
      where: `version ${version}, item ${id}`,
      expected: `it in the ledger of job ${row.jobId}`,
      got: 'no entry',
      fix: 'run reindex',
    });
  }
  for (let at = 0; at < ids.length; at += page) {
    const part = ids.slice(at, at + page);
    const known = await knownIds(catalogue, collection, part);
    for (const id of part) {
      if (known.has(id)) continue;
      differ({
        kind: 'item_not_in_catalogue',
        where: `version ${version}, item ${id}`,
        expected: 'it in the catalogue',
        got: 'no row: the catalogue is older than the version',
        fix: 'ingest it again, or the next version is without it',
      });
    }
  }
}

async function readIds({ objects, collection }: Verifying, version: string) {
  try {
    const items = await openItems(await openStoredVersion(objects, collection, version));
    return items.ids.all();
  } catch (error) {
    if (error instanceof DiptychError && error.code !== 'store_failed') return null;
    throw error;
  }
}

/** Check that a version has every item that the ledger has as indexed. @returns the ids left over */
async function checkLedger(
  { catalogue, page, differ }: Verifying,
  jobId: string,
  ids: Set<string>,
): Promise<ReadonlySet<string>> {
  for (let after: string | undefined; ;) {
    const states = ['reused', 'encoded'] as const;
    const rows = await listLedger(catalogue, jobId, { after, limit: page, states });
    for (const { itemId } of rows) {
      if (ids.delete(itemId)) continue;
      differ({
        kind: 'item_not_in_version',
        where: `job ${jobId}, item ${itemId}`,
        expected: 'it in the version, as it was indexed',
        got: 'a version without it',
        fix: 'run reindex',
      });
    }
    if (rows.length < page) return ids;
    after = rows.at(-1)!.itemId;
  }
}
