import { planBatchKey } from '../../version/keys.ts';
import { z } from 'zod';
import { parseArtifactJson } from '../../version/parse-json.ts';
import type { EmbeddingKind } from '../../catalogue/schema/tables.ts';
import { DiptychError } from '../../errors.ts';
import { indexedFields } from '../../items/item.ts';
import type { ObjectStore } from '../../objects/object-store.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits of SHA-256');

const itemSchema = z.object({
  ...indexedFields,
  /** Null if the item has no image, or if the store does not have its bytes. */
  image: z
    .object({
      hash,
      pack: hash,
      byteOffset: z.int().min(0),
      byteLength: z.int().positive(),
      type: z.string(),
    })
    .nullable(),
  /** Why the store does not have the bytes of the item's image. */
  lost: z.string().optional(),
  captions: z.array(z.object({ text: z.string().min(1), textHash: hash })),
});

/** `jobs/<job>/batch-<n>.json`: items by id, as they were when the job was planned. */
export const planBatchSchema = z.object({ items: z.array(itemSchema) });

export type PlanBatch = z.infer<typeof planBatchSchema>;
export type BatchItem = PlanBatch['items'][number];

/** List the distinct hashes of the images of items, and of the captions of items with an image. */
export function hashesOf(items: readonly BatchItem[]): Record<EmbeddingKind, string[]> {
  const shown = items.filter(({ image }) => image !== null);
  const texts = shown.flatMap(({ captions }) => captions.map(({ textHash }) => textHash));
  return {
    image: [...new Set(shown.map(({ image }) => image!.hash))],
    text: [...new Set(texts)],
  };
}

/** @throws DiptychError index_unreadable */
export async function readPlanBatch(
  objects: ObjectStore,
  jobId: string,
  batch: number,
): Promise<PlanBatch> {
  const key = planBatchKey(jobId, batch);
  const bytes = await objects.get(key);
  if (!bytes) throw new DiptychError('index_unreadable', `${key}: expected an object, got none`);
  return parseArtifactJson(key, planBatchSchema, new TextDecoder().decode(bytes));
}
