import { DiptychError } from '../../errors.ts';
import { comparedMetrics } from '../../metrics/comparison.ts';

/** The condition under which a version may become active: the change of a metric, new minus old. */
export interface SwitchCondition {
  readonly metric: string;
  readonly relation: '>=' | '>';
  /** -1 to 1. */
  readonly change: number;
}

const grammar = /^\s*([^\s<>=]+)\s*(>=|>)\s*([+-]?\d+(?:\.\d+)?)\s*$/;

/**
 * Read `METRIC >= NUMBER` or `METRIC > NUMBER`.
 *
 * @throws DiptychError invalid_option, naming what is allowed
 */
export function parseSwitchCondition(text: string): SwitchCondition {
  const [, metric = '', relation, number] = grammar.exec(text) ?? [];
  const change = Number(number);
  if (comparedMetrics.includes(metric) && Math.abs(change) <= 1) {
    return { metric, relation: relation as SwitchCondition['relation'], change };
  }
  throw new DiptychError(
    'invalid_option',
    `switchIf: expected "METRIC >= CHANGE" or "METRIC > CHANGE" with one of ${comparedMetrics.join(', ')} and a change from -1 to 1, got ${JSON.stringify(text)}`,
  );
}

/** Whether a change meets a condition. @param change - new minus old */
export function isMet({ relation, change: least }: SwitchCondition, change: number): boolean {
  return relation === '>=' ? change >= least : change > least;
}
