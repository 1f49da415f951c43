import { z } from 'zod';
import { DiptychError } from '../errors.ts';

/**
 * Parse a JSON file of an index version.
 *
 * @param file - the name of the file in errors
 * @throws DiptychError index_unreadable, which names the file and the key
 */
export function parseArtifactJson<T>(file: string, schema: z.ZodType<T>, json: string): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new DiptychError(
      'index_unreadable',
      `${file}: expected JSON, got ${(cause as Error).message} in ${json.length} characters`,
      { file },
      { cause },
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new DiptychError('index_unreadable', `${file}: ${z.prettifyError(result.error)}`, { file });
}
