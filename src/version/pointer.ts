import { z } from 'zod';
import { parseArtifactJson } from './parse-json.ts';

const version = z.string().min(1);
const time = z.iso.datetime();

export const pointerSchema = z.object({
  version,
  /**
   * The version that was active before, which a rollback makes active again; null in the first
   * pointer.
   */
  previous: version.nullable().optional(),
  /** Absent in a static site and in pointers that an older Diptych wrote. */
  publishedAt: time.optional(),
  /** Versions that were active before, and the end of that time; the latest first. */
  retired: z.array(z.object({ version, until: time })).optional(),
});

/** `active.json`: the version of a collection that answers. */
export type Pointer = z.infer<typeof pointerSchema>;

/** @throws DiptychError index_unreadable, which names the key */
export function parsePointer(key: string, json: string): Pointer {
  return parseArtifactJson(key, pointerSchema, json);
}
