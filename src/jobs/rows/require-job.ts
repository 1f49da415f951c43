import { DiptychError } from '../../errors.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { getJob, type Job } from './jobs.ts';

/** @throws DiptychError not_found */
export async function requireJob(catalogue: Catalogue, id: string): Promise<Job> {
  const job = await getJob(catalogue, id);
  if (job) return job;
  throw new DiptychError('not_found', `there is no job ${JSON.stringify(id)}`, { job: id });
}
