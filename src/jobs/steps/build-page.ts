import { z } from 'zod';
import { indexedFields } from '../../items/item.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits of SHA-256');
const ordinal = z.int().min(0);

/** Where the embedding of an image or a text is: in a row of `embeddings/<model>/<pack>.f32`. */
const embeddingPlaceSchema = z.object({ pack: sha256, row: ordinal });

const plannedItemSchema = z.object({
  ...indexedFields,
  /** Its media type, and where its bytes are in `images/<first 2 digits>/<pack>.pack`. */
  image: z.object({
    pack: sha256,
    byteOffset: ordinal,
    byteLength: z.int().positive(),
    type: z.string().min(1),
  }),
  embedding: embeddingPlaceSchema,
  /** Texts that find the item in addition to its image; there may be none. */
  captions: z.array(z.object({ text: z.string().min(1), embedding: embeddingPlaceSchema })),
});

/**
 * `jobs/<job>/build-<n>.json`, numbered from 0 without gaps: the items to be indexed, in the order of
 * the index.
 */
export const buildPageSchema = z.object({ items: z.array(plannedItemSchema) });

export type BuildPage = z.infer<typeof buildPageSchema>;
export type PlannedItem = z.infer<typeof plannedItemSchema>;
export type EmbeddingPlace = z.infer<typeof embeddingPlaceSchema>;
