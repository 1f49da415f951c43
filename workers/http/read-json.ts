import type { Context } from 'hono';
import type { z } from 'zod';
import { parseJson, parseRequest } from '../../src/http/parse-request.ts';
import { readRequestBody } from '../../src/http/read-request-body.ts';
import { limits } from '../../src/limits.ts';

export interface ReadJsonOptions {
  /** The longest body that is accepted, bytes; by default that of a batch of items with images. */
  readonly maxBytes?: number;
  /** Read an empty body as `{}`. */
  readonly mayBeEmpty?: boolean;
}

/**
 * Read the body of a request as JSON and check it against a schema.
 *
 * @throws DiptychError payload_too_large, invalid_json, or bad_request that names the wrong fields
 */
export async function readJson<T extends z.ZodType>(
  c: Context,
  schema: T,
  { maxBytes = limits.batchBytes, mayBeEmpty = false }: ReadJsonOptions = {},
): Promise<z.output<T>> {
  const bytes = await readRequestBody(c.req.raw, maxBytes);
  const isLeftOut = mayBeEmpty && bytes.length === 0;
  return parseRequest(schema, isLeftOut ? {} : parseJson(bytes));
}
