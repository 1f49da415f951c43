import type { Job } from '../rows/jobs.ts';
import type { Step } from './step.ts';

/** Make the version of a job the active one if its comparison allows that. */
export const publish: Step<'succeeded'> = async (work, job) => {
  await work.publish(job, job.version!, isSwitchWanted(job));
  return { to: 'succeeded' };
};

/** Whether the version of a job should become the active one. */
export function isSwitchWanted({ counts }: Job): boolean {
  return counts?.compared?.met ?? true;
}
