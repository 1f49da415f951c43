import { z } from 'zod';
import { catalogueLimits, isItemId } from '../../catalogue/limits.ts';

const text = (most: number) => z.string().trim().min(1).max(most);

/** Ids of uploads, as the edge gives them. */
export const uploadPattern = /^[0-9A-Z]{26}$/;

/**
 * Bytes in the item, bytes that were uploaded before, or an address that they are fetched from. A
 * caller in this process passes the bytes themselves, for which JSON has no form.
 */
const imageSchema = z.union(
  [
    z.string().min(1),
    z.strictObject({
      bytes: z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array),
    }),
    z.strictObject({ base64: z.string().min(1) }),
    z.strictObject({ upload: z.string().regex(uploadPattern, 'expected the id of an upload') }),
    z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(2048) }),
  ],
  'expected base64 as text, {"base64"}, {"upload"} or {"url"}',
);

/** An item as a client sends it; `image` as a string is base64 or a data URI. */
export const itemInputSchema = z.strictObject({
  id: z
    .string()
    .refine(
      isItemId,
      `expected 1 to ${catalogueLimits.itemId} characters without control characters or spaces at the ends`,
    ),
  image: imageSchema.optional(),
  /** Left out, the first caption, else the label, else the id. */
  title: text(catalogueLimits.title).optional(),
  captions: z.array(text(catalogueLimits.caption)).max(catalogueLimits.captions).default([]),
  set: text(catalogueLimits.name).optional(),
  label: text(catalogueLimits.name).optional(),
  tags: z.array(text(catalogueLimits.name)).max(catalogueLimits.tags).default([]),
  metadata: z
    .record(z.string(), z.json())
    .refine(
      (value) => JSON.stringify(value).length <= catalogueLimits.metadata,
      `expected at most ${catalogueLimits.metadata} characters of JSON`,
    )
    .optional(),
});

export type ItemInput = z.infer<typeof itemInputSchema>;
export type ImageInput = NonNullable<ItemInput['image']>;
