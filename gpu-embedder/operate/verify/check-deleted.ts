import { DiptychError } from '../../../src/errors.ts';
import {
  deletedIds,
  parseDeleted,
  writeDeleted,
} from '../../../src/items/remove/deleted-overlay.ts';
import { deletedKey } from '../../../src/version/keys.ts';
import type { Verifying } from './verifying.ts';

/** Check the edge's list of deleted items against the catalogue. */
export async function checkDeleted(work: Verifying): Promise<void> {
  const { catalogue, collection, differ, mend } = work;
  const key = deletedKey(collection);
  const hidden = await readHidden(work, key);
  const deleted = new Set(await deletedIds(catalogue, collection));
  let [isBehind, isAhead] = [hidden === null, false];
  for (const id of deleted) {
    if (hidden?.has(id) !== false) continue;
    isBehind = true;
    differ({
      kind: 'deleted_shown',
      where: `item ${id}`,
      expected: `the edge to hide it, as it is deleted`,
      got: 'the edge shows it',
      fix: 'run "diptych verify --repair"',
    });
  }
  for (const id of hidden ?? []) {
    if (deleted.has(id)) continue;
    isAhead = true;
    differ({
      kind: 'hidden_not_deleted',
      where: `item ${id}`,
      expected: 'the edge to show it, as it is not deleted',
      got: 'the edge hides it',
      fix: 'delete it again, or ingest it again',
    });
  }
  // The list may know of deletions that a restored catalogue has forgotten: nothing is shown again here.
  if (!isBehind || isAhead) return;
  mend({ what: `write ${key} from the catalogue`, apply: () => writeDeleted(work, collection) });
}

async function readHidden(
  { objects, differ }: Verifying,
  key: string,
): Promise<ReadonlySet<string> | null> {
  const bytes = await objects.get(key);
  if (!bytes) return new Set();
  try {
    return parseDeleted(key, new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof DiptychError)) throw error;
    differ({
      kind: 'deleted_unreadable',
      where: key,
      expected: 'a list of deleted items',
      got: error.message,
      fix: 'run "diptych verify --repair"',
    });
    return null;
  }
}
