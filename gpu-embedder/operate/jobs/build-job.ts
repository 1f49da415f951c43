import type { Job } from '../../../src/jobs/rows/jobs.ts';
import { addVersion } from '../../../src/catalogue/versions.ts';
import { planOptions } from '../../../src/jobs/build-options.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { buildFromPlan } from './build-from-plan.ts';
import { describeBuilt } from './describe-built.ts';

/** Build the version of a job and add it to the catalogue. */
export async function buildJob(
  { catalogue, objects }: Stores,
  job: Job,
  model: string,
  onProgress: (stage: string, done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<{ readonly version: string }> {
  const { id: jobId, collection, modelHash } = job;
  const options = await planOptions(catalogue, job);
  const plan = { objects, jobId, collection, model, options };
  const built = describeBuilt(await buildFromPlan(plan, signal, onProgress));
  await addVersion(catalogue, { collection, modelHash, jobId, ...built });
  return { version: built.version };
}
