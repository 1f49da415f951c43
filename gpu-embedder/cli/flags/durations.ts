import { Option } from 'commander';
import { wholeNumber } from './numbers.ts';

const unitMs = { seconds: 1000, minutes: 60_000 } as const;

export interface DurationRange {
  readonly unit: keyof typeof unitMs;
  /** The longest duration, in the unit; without it, any duration is taken. */
  readonly most?: number;
  /** The default, in the unit. */
  readonly byDefault?: number;
}

/**
 * Describe a flag that takes a duration in a unit; its value is in milliseconds.
 *
 * @param name - the flag, such as `--grace`
 */
export function durationFlag(
  name: string,
  description: string,
  { unit, most, byDefault }: DurationRange,
): Option {
  const parse = wholeNumber(0, most);
  const option = new Option(`${name} <${unit}>`, description).argParser(
    (text: string) => parse(text) * unitMs[unit],
  );
  return byDefault === undefined
    ? option
    : option.default(byDefault * unitMs[unit], String(byDefault));
}
