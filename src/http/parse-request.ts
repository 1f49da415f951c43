import type { z } from 'zod';
import { DiptychError } from '../errors.ts';
import { limits } from '../limits.ts';
import { parseExactJson } from '../text/exact-json.ts';
import { checkJsonSize } from './check-json-size.ts';
import { issuesOf } from './request-issues.ts';

/**
 * Parse a text as JSON. Integers beyond 2 ** 53 become texts, as they are written.
 *
 * @param text - a string, or bytes of UTF-8
 * @param where - the name of the text in the error
 * @param maxValues - the most values that it may have, by default those of a batch of items
 * @throws DiptychError invalid_json, payload_too_large
 */
export function parseJson(
  text: string | Uint8Array,
  where = 'body',
  maxValues: number = limits.batchValues,
): unknown {
  const decoded = typeof text === 'string' ? text : decode(text, where);
  checkJsonSize(decoded, where, maxValues);
  try {
    return parseExactJson(decoded);
  } catch (cause) {
    throw new DiptychError('invalid_json', `${where}: expected JSON in UTF-8`, undefined, {
      cause,
    });
  }
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const message = `${where}: expected JSON in UTF-8, got bytes that are not UTF-8`;
    throw new DiptychError('invalid_json', message, undefined, { cause });
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
