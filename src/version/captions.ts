import { z } from 'zod';
import { parseArtifactJson } from './parse-json.ts';

const captionColumnsSchema = z
  .object({
    formatVersion: z.literal(1),
    texts: z.array(z.string()),
    /** Ordinals of the items that each caption describes. */
    items: z.array(z.array(z.number().int().min(0))),
  })
  .refine(({ texts, items }) => texts.length === items.length, {
    message: 'the columns differ in length',
  });

/** `captions.json`: the texts of the vectors in caption.bin, in the same order. */
export type CaptionColumns = z.infer<typeof captionColumnsSchema>;

/**
 * Parse `captions.json`.
 *
 * @param file - the name of the file in errors
 * @throws DiptychError index_unreadable
 */
export function parseCaptions(json: string, file = 'captions.json'): CaptionColumns {
  return parseArtifactJson(file, captionColumnsSchema, json);
}
