import { DiptychError, type ErrorCode } from '../../../src/errors.ts';
import { explainSystemError } from '../system-error.ts';

/**
 * An error as a message between threads: the structured clone of a DiptychError is a plain Error,
 * without its code and its details.
 */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Code of a DiptychError; other errors have none. */
  readonly code?: ErrorCode;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Absent if the error has no cause. */
  readonly cause?: PackedError;
}

/** Most errors of a chain of causes that are kept, since a chain may be endless (a circle). */
const longestChain = 8;

/** Pack a thrown value, with its causes. */
export function packError(error: unknown, chain = longestChain): PackedError {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), stack: undefined };
  }
  const system = explainSystemError(error);
  if (system) return packError(system, chain);
  const { name, message, stack } = error;
  const known =
    error instanceof DiptychError ? { code: error.code, details: error.details } : undefined;
  const cause =
    error.cause === undefined || chain <= 1 ? undefined : packError(error.cause, chain - 1);
  return { name, message, stack, ...known, ...(cause && { cause }) };
}

/** Make the error again, with its code, its details, its stack and its causes. */
export function unpackError(packed: PackedError): Error {
  const { name, message, stack, code, details } = packed;
  const options = packed.cause && { cause: unpackError(packed.cause) };
  if (code !== undefined) {
    const error = new DiptychError(code, message, details, options);
    error.stack = stack;
    return error;
  }
  return Object.assign(new Error(message, options), { name, stack });
}
