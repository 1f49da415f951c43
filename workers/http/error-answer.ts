import { shorten } from '../../src/text/shorten.ts';
import { DiptychError, errorStatus, type ErrorCode } from '../../src/errors.ts';

/** The longest message or detail in an answer: some quote input, which can be long. */
const maxCharacters = 500;

export interface ErrorAnswer {
  readonly status: (typeof errorStatus)[ErrorCode];
  readonly code: ErrorCode;
  /** JSON without `<`, `>` and `&`, so that no reader can take quoted input for markup. */
  readonly body: string;
}

/**
 * Turn an error into `{error: {code, message, details?}}`. An answer does not show the text of an
 * unexpected error.
 */
export function errorAnswer(error: unknown): ErrorAnswer {
  const known =
    error instanceof DiptychError
      ? error
      : new DiptychError('internal', 'Something went wrong on our side; it has been logged.');
  const { code, message, details } = known;
  const shortened = (_key: string, value: unknown) =>
    typeof value === 'string' ? shorten(value, maxCharacters) : value;
  const body = JSON.stringify({ error: { code, message, details } }, shortened).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { status: errorStatus[code], code, body };
}
