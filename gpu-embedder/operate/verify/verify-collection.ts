import type { Stores } from '../../../src/catalogue/stores.ts';
import { checkActive } from './check-active.ts';
import { checkDeleted } from './check-deleted.ts';
import { checkItems, type ItemCounts } from './check-items.ts';
import { checkJobs } from './check-jobs.ts';
import { findings, type Difference, type Repair } from './differences.ts';

/** How many items, and what else was checked. */
export interface Verification extends ItemCounts {
  readonly collection: string;
  readonly jobs: number;
  readonly version: string | null;
  /** How many things do not agree. */
  readonly count: number;
  /** The first 10,000 of them. */
  readonly differences: readonly Difference[];
  /** What `verify --repair` does about them. */
  readonly repairs: readonly Repair[];
}

export interface VerifyCollectionOptions {
  /** Compare sizes alone; default false: every byte that the collection needs is read and hashed. */
  readonly quick?: boolean;
  readonly onProgress?: (items: number) => void;
}

/** Rows of a page. */
const page = 256;

/**
 * Recount a collection, and read what it needs: the catalogue is checked against the packs of images
 * and embeddings and against the edge's list of deleted items, the ledger of each job against its own
 * sums, the pointer against the catalogue, and the active version against its files and its ledger.
 */
export async function verifyCollection(
  stores: Stores,
  collection: string,
  { quick = false, onProgress = () => {} }: VerifyCollectionOptions = {},
): Promise<Verification> {
  const { differ, mend, found } = findings();
  const work = { ...stores, collection, quick, page, differ, mend };
  const counts = await checkItems(work, onProgress);
  const jobs = await checkJobs(work);
  const version = await checkActive(work);
  await checkDeleted(work);
  return { collection, ...counts, jobs, version, ...found() };
}
