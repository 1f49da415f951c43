import type { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';

/**
 * Check request fields against a schema.
 *
 * @throws DiptychError bad_request, whose details name every field that is wrong
 */
export function parseFields<T extends z.ZodType>(schema: T, fields: unknown): z.output<T> {
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 10).map((issue) => ({
    field: issue.path.join('.'),
    message: issue.message,
  }));
  const [{ field, message }] = issues;
  throw new DiptychError('bad_request', field === '' ? message : `${field}: ${message}`, {
    issues,
  });
}
