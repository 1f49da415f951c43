import type { ActiveJob, Job, JobChange } from '../rows/jobs.ts';
import type { Stores } from '../../catalogue/stores.ts';
import type { JobState } from '../../catalogue/schema/tables.ts';
import type { Embedder } from '../../embedder/embedder.ts';
import type { CompareRequest, Comparison } from '../../metrics/comparison.ts';
import type { CostSettings } from '../report/cost-estimate.ts';

/** Compare two versions of a job's collection, or look after that; undefined while it goes on. */
export type Compare = (
  job: Job,
  request: CompareRequest,
  signal?: AbortSignal,
) => Promise<Comparison | undefined>;

/** What the steps of a job work with. */
export interface JobWork extends Stores {
  readonly embedder: Embedder;
  /** Build the version that the pages of a job describe, or look after that; undefined while it goes on. */
  readonly build: (
    job: Job,
    signal?: AbortSignal,
  ) => Promise<{ readonly version: string } | undefined>;
  readonly compare: Compare;
  /** Stop what was started elsewhere for a job. It may be over, or its embedder away. */
  readonly stop?: (job: Job) => Promise<void>;
  /** Verify a version that nobody has verified yet and, where it is to be, make it the active one. */
  readonly publish: (job: Job, version: string, activate: boolean) => Promise<void>;
  readonly costs?: CostSettings;
  /** Breaks a step off. */
  readonly signal?: AbortSignal;
}

/** Seconds between two looks at what is done elsewhere. */
export const pollSeconds = 2;

/**
 * What a step came to: `again`, there is more of its work; `elsewhere`, others are at it, so look again
 * in a while; or the state that follows.
 */
export type Outcome<Next extends JobState = JobState> = 'again' | 'elsewhere' | Move<Next>;

export interface Move<Next extends JobState = JobState> extends JobChange {
  readonly to: Next;
}

/**
 * Do a part of the work of a state, in bounded time. Run twice, late, by two at once or after it broke
 * off, it comes to the same.
 */
export type Step<Next extends JobState = JobState> = (
  work: JobWork,
  job: ActiveJob,
) => Promise<Outcome<Next>>;
