import { versionKey } from '../artifact/keys.ts';
import { readPointer } from '../artifact/move-pointer.ts';
import { moveJob, type Job } from '../catalogue/jobs.ts';
import { DiptychError } from '../errors.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { missingFile } from '../search/open/read-file.ts';
import { storeSource } from '../search/open/store-source.ts';
import { readManifest } from '../search/open/version-files.ts';
import {
  compareOptions,
  comparedSchema,
  type Compared,
  type CompareRequest,
  type Comparison,
} from './comparison.ts';
import type { JobStores } from './plan-job.ts';
import { isMet } from './switch-condition.ts';

/** Compare two versions of a job's collection, or look after that; undefined while it goes on. */
export type Compare = (
  job: Job,
  request: CompareRequest,
  signal?: AbortSignal,
) => Promise<Comparison | undefined>;

export type CompareAtOnce = (...asked: Parameters<Compare>) => Promise<Comparison>;

/**
 * Do the work of the state `comparing`: hold the version that was built against the active one, and
 * decide whether it may take its place. Nothing is compared where there is nothing to learn.
 *
 * @returns false while the comparison goes on
 * @throws DiptychError build_failed where there is a condition and a version cannot be read
 */
export async function compareJob(
  { catalogue, objects, compare }: JobStores & { readonly compare: Compare },
  job: Job,
  signal?: AbortSignal,
): Promise<boolean> {
  const compared = await decide(objects, compare, job, signal);
  if (!compared) return false;
  await moveJob(catalogue, job.id, 'comparing', 'publishing', { counts: { compared } });
  return true;
}

/** What `compareJob` found out; undefined before. */
export function comparedOf({ counts }: Job): Compared | undefined {
  return comparedSchema.safeParse(counts?.['compared']).data;
}

/** Whether the version of a job is to become the active one. */
export function isSwitchWanted(job: Job): boolean {
  return comparedOf(job)?.met ?? true;
}

async function decide(
  objects: ObjectStore,
  compare: Compare,
  job: Job,
  signal?: AbortSignal,
): Promise<Compared | undefined> {
  const { switchIf, heldOut } = compareOptions(job.options);
  const pass = (reason: string): Compared => ({
    ...{ comparison: null, condition: switchIf?.text ?? null },
    ...{ met: true, reason },
  });
  const after = job.version!;
  try {
    const { pointer } = await readPointer(objects, job.collection);
    if (!pointer) return pass('no version was active before');
    const before = pointer.version;
    if (before === after) return pass('nothing has changed: this version was active already');
    if (!switchIf && (await modelOf(objects, job.collection, before)) === job.modelHash) {
      return pass('the version before has the same model, and there was no condition');
    }
    const comparison = await compare(job, { before, after, heldOut }, signal);
    return comparison && judge(comparison, switchIf);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const reason = `the versions could not be compared: ${error.message}`;
    // Without a condition, a version before that is damaged is no reason to stay with it.
    if (!switchIf) return pass(reason);
    throw new DiptychError('build_failed', reason, error.details, { cause: error });
  }
}

function isDamage(error: unknown): error is DiptychError {
  const codes = ['index_unreadable', 'not_found', 'build_failed'];
  return error instanceof DiptychError && codes.includes(error.code);
}

async function modelOf(objects: ObjectStore, collection: string, version: string) {
  const manifest = await readManifest(storeSource(objects), collection, version);
  if (manifest) return manifest.model.hash;
  throw missingFile(versionKey(collection, version, 'manifest.json'));
}

function judge(
  comparison: Comparison,
  switchIf: ReturnType<typeof compareOptions>['switchIf'],
): Compared {
  if (!switchIf) {
    return { comparison, condition: null, met: true, reason: 'there was no condition' };
  }
  const { text, condition } = switchIf;
  if (comparison.pairs === 0) {
    const where = comparison.sets ? ` in the sets ${comparison.sets.join(', ')}` : '';
    const reason = `both versions have no item with the same caption${where}, so that nothing could be measured`;
    return { comparison, condition: text, met: false, reason };
  }
  const change = comparison.change[condition.metric];
  const reason = `${condition.metric} changed by ${signed(change)}, expected ${condition.relation} ${condition.change}`;
  return { comparison, condition: text, met: isMet(condition, change), reason };
}

function signed(change: number): string {
  return `${change < 0 ? '-' : '+'}${Math.abs(change).toFixed(4)}`;
}
