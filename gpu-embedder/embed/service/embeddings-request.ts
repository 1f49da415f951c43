import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
import type { EncodedImage } from '../../../src/embedder/embedder.ts';

const imageInput = z.strictObject({ image: z.string() });
const input = z.union([z.string(), imageInput], 'expected text or {"image": data URI}');

/** The shape of OpenAI's `POST /v1/embeddings`, with images beside texts. */
export const embeddingsRequestSchema = z.strictObject({
  input: z.union(
    [z.string(), imageInput, z.array(input).min(1)],
    'expected text, {"image": data URI}, or a list of them that is not empty',
  ),
  /** Id or hash of the loaded model. */
  model: z.string(),
  encoding_format: z.enum(['float', 'base64']).default('float'),
  /** The dimension of the model; any other is refused. */
  dimensions: z.int().optional(),
  /** Accepted, because clients of OpenAI send it, and not used. */
  user: z.string().optional(),
});

export type EmbeddingsRequest = z.infer<typeof embeddingsRequestSchema>;

/** The inputs sorted by kind, with the row of each. */
export interface SortedInputs {
  readonly images: readonly EncodedImage[];
  readonly texts: readonly string[];
  /** For each input, its row in the embeddings of [images, texts]. */
  readonly rows: readonly number[];
}

/** @throws DiptychError unreadable_image */
export function sortInputs(input: EmbeddingsRequest['input']): SortedInputs {
  const inputs = Array.isArray(input) ? input : [input];
  const images: EncodedImage[] = [];
  const texts: string[] = [];
  const places = inputs.map((entry, i) => {
    if (typeof entry === 'string') return { isText: true, index: texts.push(entry) - 1 };
    return { isText: false, index: images.push(readDataUri(entry.image, i)) - 1 };
  });
  const rows = places.map(({ isText, index }) => (isText ? images.length + index : index));
  return { images, texts, rows };
}

function readDataUri(uri: string, index: number): EncodedImage {
  const comma = uri.indexOf(',');
  const type = /^data:([^,;]*)[^,]*;base64$/i.exec(uri.slice(0, Math.max(0, comma)))?.[1];
  const base64 = uri.slice(comma + 1);
  if (type === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw new DiptychError(
      'unreadable_image',
      `input[${index}].image: expected a data URI in base64, got something else`,
    );
  }
  return { type, bytes: Buffer.from(base64, 'base64') };
}
