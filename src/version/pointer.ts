import { z } from 'zod';
import { parseArtifactJson } from './parse-json.ts';

const version = z.string().min(1);
const time = z.iso.datetime();

export const pointerSchema = z.object({
  version,
  /** The version before, which a roll back goes to; null in the first one. */
  previous: version.nullable().optional(),
  /** Absent in a static site, and where an older Diptych wrote it. */
  publishedAt: time.optional(),
  /** Versions that were active before and until when, the latest first. */
  retired: z.array(z.object({ version, until: time })).optional(),
});

/** `active.json`: the version of a collection that answers. */
export type Pointer = z.infer<typeof pointerSchema>;

/** @throws DiptychError index_unreadable, naming the key */
export function parsePointer(key: string, json: string): Pointer {
  return parseArtifactJson(key, pointerSchema, json);
}
