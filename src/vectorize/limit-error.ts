import { DiptychError } from '../errors.ts';

/** Make the error for something that is above a limit of Vectorize. */
export function limitError(what: string, limit: number, got: number): DiptychError {
  const message = `Vectorize: ${what}: expected at most ${limit}, got ${got}`;
  return new DiptychError('vectorize_limit', message, { limit, got });
}
