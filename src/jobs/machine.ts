import type { ActiveJobState, JobState } from '../catalogue/schema/tables.ts';
import type { Step } from './steps/step.ts';
import { build } from './steps/build.ts';
import { compare } from './steps/compare.ts';
import { plan } from './steps/plan.ts';
import { publish } from './steps/publish.ts';
import { settle } from './steps/settle.ts';

/** What is done while a job is in a state. */
export interface State<Name extends string = string, Next extends JobState = JobState> {
  /** What messages call its work. */
  readonly step: Name;
  readonly run: Step<Next>;
  /** What may follow, besides `failed` and `cancelled`. */
  readonly next: readonly Next[];
  /** Batches are encoded before `run` is called (`first`), or while it goes on (`meanwhile`). */
  readonly batches?: 'first' | 'meanwhile';
  /** An embedder may be at it, which has to be told when the job is cancelled. */
  readonly isElsewhere?: boolean;
}

/** A step names no state that is not in `next`. */
function state<const Name extends string, Next extends JobState>(
  entry: Omit<State<Name, Next>, 'run'> & { readonly run: Step<NoInfer<Next>> },
): State<Name, Next> {
  return entry;
}

/**
 * The states of a job that has not ended, in their order. To add one: its name in `activeJobStates`, an
 * entry here, and its work in `steps/`.
 */
export const machine = {
  planning: state({ step: 'plan', run: plan, next: ['encoding'], batches: 'meanwhile' }),
  encoding: state({ step: 'settle', run: settle, next: ['building'], batches: 'first' }),
  building: state({ step: 'build', run: build, next: ['comparing'], isElsewhere: true }),
  comparing: state({ step: 'compare', run: compare, next: ['publishing'], isElsewhere: true }),
  publishing: state({ step: 'publish', run: publish, next: ['succeeded'] }),
} satisfies Record<ActiveJobState, State>;

export function stateOf(job: { readonly state: ActiveJobState }): State {
  return machine[job.state];
}
