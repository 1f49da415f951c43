import { DiptychError } from '../../../src/errors.ts';
import { meanMetrics, type Metrics } from './benchmark-result.ts';

/** A value that a metric must reach. */
export interface Minimum {
  readonly metric: string;
  /** 0 to 1. */
  readonly least: number;
  /** A language, or `mean` over all languages; absent: every language must reach the value. */
  readonly language?: string;
}

/** @returns null for a text that is not `[language:]metric=value` */
export function parseMinimum(text: string): Minimum | null {
  const match = /^(?:([^:=]+):)?([^:=]+)=([0-9.]+)$/.exec(text);
  const least = Number(match?.[3]);
  if (match === null || !(least >= 0 && least <= 1)) return null;
  const [, language, metric] = match;
  return language === undefined ? { metric, least } : { metric, least, language };
}

/**
 * Compare results with their minima.
 *
 * @throws DiptychError `below_minimum`, listing every metric below its minimum; `invalid_option`
 *   for a language that was not measured
 */
export function checkMinima(
  results: readonly { readonly language: string; readonly metrics: Metrics }[],
  minima: readonly Minimum[],
): void {
  const rows = [...results, { language: 'mean', metrics: meanMetrics(results) }];
  const failures = minima.flatMap(({ metric, least, language }) => {
    const held = language === undefined ? results : rows.filter((row) => row.language === language);
    if (held.length === 0) {
      throw new DiptychError(
        'invalid_option',
        `--min ${language}:${metric}: expected a language that is measured (${rows.map((row) => row.language).join(', ')})`,
      );
    }
    return held.flatMap((row) => {
      const value = row.metrics[metric];
      if (value >= least) return [];
      const name = language === undefined && results.length === 1 ? '' : `${row.language}:`;
      return [`${name}${metric}: expected at least ${least}, got ${value.toFixed(4)}`];
    });
  });
  if (failures.length > 0) throw new DiptychError('below_minimum', failures.join('; '));
}
