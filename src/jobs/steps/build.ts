import type { Step } from './step.ts';

/** Build the version that the pages of a job describe. */
export const build: Step<'comparing'> = async (work, job) => {
  const built = await work.build(job, work.signal);
  return built ? { to: 'comparing', version: built.version } : 'elsewhere';
};
