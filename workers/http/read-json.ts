import type { Context } from 'hono';
import type { z } from 'zod';
import { parseJson, parseRequest } from '../../src/http/parse-request.ts';
import { readLimitedBody } from '../../src/http/read-limited-body.ts';
import { limits } from '../../src/limits.ts';

export interface ReadJsonOptions {
  /** Longest body that is read, bytes; by default that of a batch of items with their images. */
  readonly maxBytes?: number;
  /** An empty body is taken for `{}`. */
  readonly mayBeEmpty?: boolean;
}

/**
 * Read the body of a request, JSON of a schema.
 *
 * @throws DiptychError payload_too_large, invalid_json, or bad_request that names the wrong fields
 */
export async function readJson<T extends z.ZodType>(
  c: Context,
  schema: T,
  { maxBytes = limits.batchBytes, mayBeEmpty = false }: ReadJsonOptions = {},
): Promise<z.output<T>> {
  const bytes = await readLimitedBody(c.req.raw, maxBytes);
  const isLeftOut = mayBeEmpty && bytes.length === 0;
  return parseRequest(schema, isLeftOut ? {} : parseJson(bytes));
}
