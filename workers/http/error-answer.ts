import { shorten } from '../../src/text/shorten.ts';
import { DiptychError, errorStatus, type ErrorCode } from '../../src/errors.ts';

/** The longest message or detail in an answer: some quote input, which can be long. */
const maxCharacters = 500;

const ourFault = 'Something went wrong on our side; it has been logged.';

/**
 * What everybody is told of a fault in what is published. The error itself names objects, hashes and
 * sizes: it is for the operator, who finds it in the log.
 */
const operatorsFaults: Partial<Record<ErrorCode, string>> = {
  index_unreadable: 'the collection cannot be read; the log of its operator says why',
  index_too_large: 'the collection does not fit into memory; the log of its operator says why',
};

export interface ErrorAnswer {
  readonly status: (typeof errorStatus)[ErrorCode];
  readonly code: ErrorCode;
  /** JSON without `<`, `>` and `&`, so that no reader can take quoted input for markup. */
  readonly body: string;
}

/**
 * Turn an error into `{error: {code, message, details?}}`. An answer does not show the text of an
 * unexpected error, nor that of a fault in what is published, unless `tellsFaults` says so.
 */
export function errorAnswer(error: unknown, tellsFaults = false): ErrorAnswer {
  const known = error instanceof DiptychError ? error : new DiptychError('internal', ourFault);
  const { code } = known;
  const hidden = tellsFaults ? undefined : operatorsFaults[code];
  const { message, details } = hidden === undefined ? known : new DiptychError(code, hidden);
  const shortened = (_key: string, value: unknown) =>
    typeof value === 'string' ? shorten(value, maxCharacters) : value;
  const body = JSON.stringify({ error: { code, message, details } }, shortened).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { status: errorStatus[code], code, body };
}
