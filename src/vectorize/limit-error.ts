import { DiptychError } from '../errors.ts';

/** Say which limit of Vectorize something is beyond. */
export function limitError(what: string, limit: number, got: number): DiptychError {
  const message = `Vectorize: ${what}: expected at most ${limit}, got ${got}`;
  return new DiptychError('vectorize_limit', message, { limit, got });
}
