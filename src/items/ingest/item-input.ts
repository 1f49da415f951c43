import { z } from 'zod';
import { catalogueLimits, isItemId } from '../../catalogue/limits.ts';
import { wellFormedText } from '../../text/well-formed.ts';

const text = (most: number) => wellFormedText.trim().min(1).max(most);

/** A list that may be left out; null empties it. */
const texts = (most: number, characters: number) =>
  z
    .array(text(characters))
    .max(most)
    .nullable()
    .transform((list) => list ?? [])
    .optional();

/** The form of an upload's id, which the edge makes. */
export const uploadPattern = /^[0-9A-Z]{26}$/;

/**
 * The image of an item: its bytes, the id of an earlier upload, or an address to fetch it from. JSON
 * cannot hold `bytes`: only a caller in this process passes them.
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

/** Whether a value has at most so many levels of lists and objects: walks over it are recursive. */
function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/**
 * What a client keeps with an item. It is kept whole, as it was parsed: z.record would leave out the
 * key `__proto__`.
 */
const metadataSchema = z
  .custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'expected an object',
  )
  .refine((value) => isShallow(value, catalogueLimits.metadataLevels), {
    message: `expected at most ${catalogueLimits.metadataLevels} levels`,
    abort: true,
  })
  .refine(
    (value) => JSON.stringify(value).length <= catalogueLimits.metadata,
    `expected at most ${catalogueLimits.metadata} characters of JSON`,
  );

/**
 * An item as a client sends it. If `image` is a string, it is base64 or a data URI. A field that is left
 * out stays as it is stored; null removes it.
 */
export const itemInputSchema = z.strictObject({
  id: z
    .string()
    .refine(
      isItemId,
      `expected 1 to ${catalogueLimits.itemId} characters without control characters, spaces at the ends, or a part "." or ".."`,
    ),
  image: imageSchema.nullish(),
  /** Without one, `titleOf` takes the first caption, the label or the id. */
  title: text(catalogueLimits.title).nullish(),
  captions: texts(catalogueLimits.captions, catalogueLimits.caption),
  set: text(catalogueLimits.name).nullish(),
  label: text(catalogueLimits.name).nullish(),
  tags: texts(catalogueLimits.tags, catalogueLimits.name),
  metadata: metadataSchema.nullish(),
});

export type ItemInput = z.infer<typeof itemInputSchema>;
export type ImageInput = NonNullable<ItemInput['image']>;
