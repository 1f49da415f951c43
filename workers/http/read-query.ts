import type { Context } from 'hono';
import type { z } from 'zod';
import { parseRequest } from '../../src/http/parse-request.ts';

/**
 * Read and check the query of a request. Of a parameter that occurs several times, the first counts.
 *
 * @throws DiptychError bad_request that names the wrong parameters
 */
export function readQuery<T extends z.ZodType>(c: Context, schema: T): z.output<T> {
  return parseRequest(schema, c.req.query(), 'query');
}
