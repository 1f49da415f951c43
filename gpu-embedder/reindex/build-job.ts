import type { Job } from '../../src/catalogue/jobs.ts';
import { ledgerCounts } from '../../src/catalogue/ledger.ts';
import { addVersion } from '../../src/catalogue/versions.ts';
import type { JobStores } from '../../src/reindex/plan-job.ts';
import { buildFromPlan } from '../index/build-from-plan.ts';

/** Build the version of a job and enter it into the catalogue. */
export async function buildJob(
  { catalogue, objects }: JobStores,
  job: Job,
  model: string,
  onProgress: (stage: string, done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<{ readonly version: string }> {
  const { id: jobId, collection, modelHash } = job;
  const { states } = await ledgerCounts(catalogue, jobId);
  const options = {
    ...job.options,
    items: states.reused + states.encoded,
    createdAt: new Date(job.createdAt).toISOString(),
  };
  const plan = { objects, jobId, collection, model, options };
  const { version, manifest } = await buildFromPlan(plan, signal, onProgress);
  await addVersion(catalogue, {
    collection,
    version,
    modelHash,
    jobId,
    items: manifest.counts.items,
    captions: manifest.counts.captions,
    bytes: Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0),
  });
  return { version };
}
