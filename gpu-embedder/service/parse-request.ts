import type { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';

/**
 * Parse a body of JSON.
 *
 * @throws DiptychError invalid_json, bad_request that names the first field that is wrong
 */
export function parseRequest<T extends z.ZodType>(schema: T, body: Uint8Array): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new DiptychError('invalid_json', 'body: expected JSON in UTF-8', undefined, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new DiptychError('bad_request', `${path.join('.') || 'body'}: ${message}`);
}
