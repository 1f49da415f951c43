import type { ActiveJob, Job, JobChange } from '../rows/jobs.ts';
import type { Stores } from '../../catalogue/stores.ts';
import type { JobState } from '../../catalogue/schema/tables.ts';
import type { Embedder } from '../../embedder/embedder.ts';
import type { CompareRequest, Comparison } from '../../metrics/comparison.ts';
import type { CostSettings } from '../report/cost-settings.ts';

/** Compare two versions of a job's collection; undefined while an embedder is still at work. */
export type Compare = (
  job: Job,
  request: CompareRequest,
  signal?: AbortSignal,
) => Promise<Comparison | undefined>;

/** What the steps of a job work with. */
export interface JobWork extends Stores {
  readonly embedder: Embedder;
  /** Build the version that a job's pages describe; undefined while an embedder is still at work. */
  readonly build: (
    job: Job,
    signal?: AbortSignal,
  ) => Promise<{ readonly version: string } | undefined>;
  readonly compare: Compare;
  /** Stop what an embedder does for a job; that may have ended, and the embedder may not answer. */
  readonly stop?: (job: Job) => Promise<void>;
  /** Verify a new version and, if `activate` says so, make it the active one. */
  readonly publish: (job: Job, version: string, activate: boolean) => Promise<void>;
  readonly costs?: CostSettings;
  /** Aborts a step. */
  readonly signal?: AbortSignal;
}

/** Seconds between two looks at work that an embedder does. */
export const pollSeconds = 2;

/**
 * The result of a step. `again`: the step has more work to do. `elsewhere`: an embedder does the work,
 * so look again later. Otherwise it is the state that follows.
 */
export type Outcome<Next extends JobState = JobState> = 'again' | 'elsewhere' | Move<Next>;

export interface Move<Next extends JobState = JobState> extends JobChange {
  readonly to: Next;
}

/**
 * Do a part of the work of a state, in limited time. The result is the same if the step runs twice,
 * late, in two processes at once or after an interruption.
 */
export type Step<Next extends JobState = JobState> = (
  work: JobWork,
  job: ActiveJob,
) => Promise<Outcome<Next>>;
