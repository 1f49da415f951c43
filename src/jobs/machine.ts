import type { ActiveJobState, JobState } from '../catalogue/schema/tables.ts';
import type { Step } from './steps/step.ts';
import { build } from './steps/build.ts';
import { compare } from './steps/compare.ts';
import { plan } from './steps/plan.ts';
import { publish } from './steps/publish.ts';
import { settle } from './steps/settle.ts';

/** A state of a job: what is done in it and what follows. */
export interface State<Name extends string = string, Next extends JobState = JobState> {
  /** The name of its work in messages. */
  readonly step: Name;
  readonly run: Step<Next>;
  /** The states that may follow, in addition to `failed` and `cancelled`. */
  readonly next: readonly Next[];
  /** Batches are encoded before `run` is called (`first`), or while it goes on (`meanwhile`). */
  readonly batches?: 'first' | 'meanwhile';
  /** An embedder may be doing the work; when the job is cancelled, it must be asked to stop. */
  readonly isElsewhere?: boolean;
}

/** Describe a state; the compiler checks that its step only moves to states in `next`. */
function state<const Name extends string, Next extends JobState>(
  entry: Omit<State<Name, Next>, 'run'> & { readonly run: Step<NoInfer<Next>> },
): State<Name, Next> {
  return entry;
}

/**
 * The states of a job that has not ended, in their order. A new state needs its name in
 * `activeJobStates`, an entry here, and its work in `steps/`.
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
