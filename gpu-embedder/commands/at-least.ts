import { InvalidArgumentError } from 'commander';

/** Reads a flag that is a whole number. */
export function atLeast(least: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value !== '' && Number.isInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`expected a whole number from ${least} on`);
  };
}
