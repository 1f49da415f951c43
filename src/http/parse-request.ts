import type { z } from 'zod';
import { DiptychError } from '../errors.ts';
import { parseExactJson } from '../text/exact-json.ts';
import { issuesOf } from './request-issues.ts';

/**
 * Parse a text as JSON. Integers beyond 2 ** 53 become texts, as they are written.
 *
 * @param text - a string, or bytes of UTF-8
 * @param where - the name of the text in the error
 * @throws DiptychError invalid_json
 */
export function parseJson(text: string | Uint8Array, where = 'body'): unknown {
  try {
    const decoded =
      typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text);
    return parseExactJson(decoded);
  } catch (cause) {
    throw new DiptychError('invalid_json', `${where}: expected JSON in UTF-8`, undefined, {
      cause,
    });
  }
}

/**
 * Check a value of a request against a schema.
 *
 * @param where - the name of the value in the error, where the fault is not in one of its fields
 * @throws DiptychError bad_request; its `details.issues` name the wrong fields
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
