import { InvalidArgumentError } from 'commander';

/** Only decimal numbers: `Number` would also read an empty text, a space or `0x10`. */
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

function read(text: string): number {
  return decimal.test(text) ? Number(text) : NaN;
}

/** Make the error for a wrong value of a flag. */
export function unexpected(expected: string, got: string): InvalidArgumentError {
  return new InvalidArgumentError(`expected ${expected}, got ${JSON.stringify(got)}`);
}

/**
 * Make the parser of a flag that takes a whole number.
 *
 * @param most - without it, there is no greatest number
 */
export function wholeNumber(least: number, most = Infinity): (text: string) => number {
  return (text) => {
    const number = read(text);
    if (Number.isSafeInteger(number) && number >= least && number <= most) return number;
    if (most === Infinity) throw unexpected(`a whole number from ${least} on`, text);
    const isFraction = Number.isFinite(number) && !Number.isInteger(number);
    throw unexpected(`${isFraction ? 'a whole number from ' : ''}${least} to ${most}`, text);
  };
}

/** Parse a number above 0, such as a learning rate. */
export function numberAbove0(text: string): number {
  const number = read(text);
  if (number > 0 && number < Infinity) return number;
  throw unexpected('a number above 0', text);
}

/** Parse a share from 0 to 1. */
export function share(text: string): number {
  const number = read(text);
  if (number >= 0 && number <= 1) return number;
  throw unexpected('0 to 1', text);
}

/** Parse a share above 0 and at most 1. */
export function shareAbove0(text: string): number {
  const number = read(text);
  if (number > 0 && number <= 1) return number;
  throw unexpected('a number above 0, and 1 at most', text);
}

/** Parse a part of the images: a share below 1, or a number of images. */
export function shareOrCount(text: string): number {
  const number = read(text);
  if (number > 0 && (number < 1 || Number.isSafeInteger(number))) return number;
  throw unexpected('a share between 0 and 1, or a whole number of images', text);
}

/** Parse a port that a server listens on. */
export const port = wholeNumber(1, 65535);

/** Parse a port, or 0 for any free port. */
export const portOrAny = wholeNumber(0, 65535);
