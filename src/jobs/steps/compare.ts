import { versionKey } from '../../version/keys.ts';
import { readPointer } from '../../version/move-pointer.ts';
import type { Compared } from '../rows/job-details.ts';
import type { Job } from '../rows/jobs.ts';
import { DiptychError } from '../../errors.ts';
import type { Comparison } from '../../metrics/comparison.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { missingFile } from '../../search/open/read-file.ts';
import { storeSource } from '../../search/open/store-source.ts';
import { readManifest } from '../../search/open/version-files.ts';
import type { JobWork, Step } from './step.ts';
import { isMet, parseSwitchCondition } from './switch-condition.ts';

/**
 * Compare the version that was built with the active one, and decide whether it may become active. The
 * comparison is skipped where its result is known or nobody asked for it.
 *
 * @throws DiptychError build_failed if there is a condition and one of the versions cannot be read
 */
export const compare: Step<'publishing'> = async (work, job) => {
  const compared = await decide(work, job);
  return compared ? { to: 'publishing', compared } : 'elsewhere';
};

async function decide(work: JobWork, job: Job): Promise<Compared | undefined> {
  const { objects, signal } = work;
  const { switchIf, heldOut } = job.options.compare ?? {};
  const pass = (reason: string): Compared => ({
    ...{ comparison: null, condition: switchIf ?? null },
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
    const comparison = await work.compare(job, { before, after, heldOut }, signal);
    return comparison && judge(comparison, switchIf);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const reason = `the versions could not be compared: ${error.message}`;
    // Without a condition, a damaged active version must not stop the new one from replacing it.
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

function judge(comparison: Comparison, text: string | undefined): Compared {
  if (text === undefined) {
    return { comparison, condition: null, met: true, reason: 'there was no condition' };
  }
  const condition = parseSwitchCondition(text);
  if (comparison.pairs === 0) {
    const where = comparison.sets ? ` in the sets ${comparison.sets.join(', ')}` : '';
    const reason = `the versions have no item with the same caption${where}, so nothing was measured`;
    return { comparison, condition: text, met: false, reason };
  }
  // Where there are pairs, every metric of a condition was measured.
  const change = comparison.change[condition.metric]!;
  const reason = `${condition.metric} changed by ${signed(change)}, expected ${condition.relation} ${condition.change}`;
  return { comparison, condition: text, met: isMet(condition, change), reason };
}

function signed(change: number): string {
  return `${change < 0 ? '-' : '+'}${Math.abs(change).toFixed(4)}`;
}
