import type { Context } from 'hono';
import type { z } from 'zod';
import { parseJson, parseRequest } from '../../src/http/parse-request.ts';
import { readLimitedBody } from '../../src/http/read-limited-body.ts';

export interface ReadJsonOptions {
  /** Longest body that is read, bytes. */
  readonly maxBytes?: number;
  /** An empty body is taken for `{}`. */
  readonly mayBeEmpty?: boolean;
}

/** The default holds a batch of items with their images. */
const maxBodyBytes = 64 * 1024 * 1024;

/**
 * Read the body of a request, JSON of a schema.
 *
 * @throws DiptychError payload_too_large, invalid_json, or bad_request that names the wrong fields
 */
export async function readJson<T extends z.ZodType>(
  c: Context,
  schema: T,
  { maxBytes = maxBodyBytes, mayBeEmpty = false }: ReadJsonOptions = {},
): Promise<z.output<T>> {
  const bytes = await readLimitedBody(c.req.raw, maxBytes);
  const isLeftOut = mayBeEmpty && bytes.length === 0;
  return parseRequest(schema, isLeftOut ? {} : parseJson(bytes));
}
