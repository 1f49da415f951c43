import type { z } from 'zod';
import { DiptychError } from '../errors.ts';
import { issuesOf } from './request-issues.ts';

/**
 * Parse a text as JSON.
 *
 * @param text - or its bytes in UTF-8
 * @param where - names it in the error
 * @throws DiptychError invalid_json
 */
export function parseJson(text: string | Uint8Array, where = 'body'): unknown {
  try {
    const decoded =
      typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text);
    return JSON.parse(decoded);
  } catch (cause) {
    throw new DiptychError('invalid_json', `${where}: expected JSON in UTF-8`, undefined, {
      cause,
    });
  }
}

/**
 * Check what a request holds against a schema.
 *
 * @param where - names it in the error, where no field of it is at fault
 * @throws DiptychError bad_request, whose `details.issues` name the fields that are wrong
 */
export function parseRequest<T extends z.ZodType>(
  schema: T,
  value: unknown,
  where = 'body',
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = issuesOf(result.error);
  const [{ field, message }] = issues;
  throw new DiptychError('bad_request', `${field || where}: ${message}`, { issues });
}
