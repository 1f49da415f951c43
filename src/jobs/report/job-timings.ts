import { hasEnded, type Job } from '../rows/jobs.ts';
import { activeJobStates } from '../../catalogue/schema/tables.ts';

/** Seconds of each stage that a job reached, and `total` of all of them. */
export type JobTimings = Readonly<Record<string, number>> & { readonly total: number };

/**
 * Tell how long the stages of a job took by the clock: the time of a pause, or of a wait for an
 * embedder, is included. A stage ends when the next one begins. A stage took 0 if the clock was set
 * back during it.
 *
 * @param now - ms since 1970; it ends the stage that still goes on
 */
export function jobTimings({ createdAt, endedAt, state, counts }: Job, now: number): JobTimings {
  const entered = counts?.entered ?? {};
  const starts = activeJobStates.flatMap((stage) => {
    const at = stage === 'planning' ? createdAt : entered[stage];
    return at === undefined ? [] : { stage, at };
  });
  const end = hasEnded(state) ? (endedAt ?? now) : now;
  const seconds = starts.map(({ stage, at }, i) => {
    const next = starts[i + 1]?.at ?? end;
    return [stage, Math.max(0, next - at) / 1000] as const;
  });
  const total = seconds.reduce((sum, [, each]) => sum + each, 0);
  return { ...Object.fromEntries(seconds), total: Math.round(1000 * total) / 1000 };
}
