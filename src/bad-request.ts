import { DiptychError } from './errors.ts';

/**
 * Make the error for one wrong field of a request. It has the form of those that a schema finds.
 *
 * @param field - empty where the whole request is wrong
 */
export function badRequest(field: string, message: string, cause?: unknown): DiptychError {
  const text = field === '' ? message : `${field}: ${message}`;
  const details = { issues: [{ field, message }] };
  return new DiptychError('bad_request', text, details, { cause });
}
