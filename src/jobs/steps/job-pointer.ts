import { jobPointerKey } from '../../version/keys.ts';
import { z } from 'zod';
import { readPointer, type SeenPointer } from '../../version/move-pointer.ts';
import { parseArtifactJson } from '../../version/parse-json.ts';
import { pointerSchema } from '../../version/pointer.ts';
import type { Job } from '../rows/jobs.ts';
import type { ObjectStore } from '../../objects/object-store.ts';

/** `jobs/<job>/pointer.json`: the pointer of the collection when the job began. */
const seenSchema = z.object({ pointer: pointerSchema.nullable(), etag: z.string().nullable() });

type JobName = Pick<Job, 'id' | 'collection'>;

/** Write down which version is active when a job begins. Only the first call writes. */
export async function notePointer(objects: ObjectStore, job: JobName): Promise<void> {
  const { pointer, etag } = await readPointer(objects, job.collection);
  const bytes = new TextEncoder().encode(JSON.stringify({ pointer, etag }));
  await objects.put(jobPointerKey(job.id), bytes, { ifNone: true });
}

/** Read the pointer as it was when a job began, or the present one if that was not written down. */
export async function pointerOf(objects: ObjectStore, job: JobName): Promise<SeenPointer> {
  const key = jobPointerKey(job.id);
  const bytes = await objects.get(key);
  if (!bytes) return readPointer(objects, job.collection);
  const seen = parseArtifactJson(key, seenSchema, new TextDecoder().decode(bytes));
  return { collection: job.collection, ...seen };
}
