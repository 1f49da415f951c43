import type { ImageEncoder } from '../encoder/image-encoder.ts';
import type { TextEncoder } from '../encoder/text-encoder.ts';
import { waitFor } from '../retry.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { checkEmbedding, noWords, type QueryEncoders, type QueryModel } from './query-model.ts';

type TextEncoders = Pick<QueryEncoders, 'encodeText' | 'encodeTexts'>;
type ImageEncoders = Pick<QueryEncoders, 'encodeImage'>;

/** The int8 towers of a model. Each is called for when a query needs it for the first time. */
export interface EdgeTowers {
  readonly tokenizer: Tokenizer;
  text(): TextEncoder | Promise<TextEncoder>;
  image(): ImageEncoder | Promise<ImageEncoder>;
}

/** So many texts are encoded, which takes some 50 ms, before other requests get their turn. */
const textsInTurn = 25;

/** Encode texts with the WASM kernels, as the edge does. */
export function edgeTextEncoders(towers: Pick<EdgeTowers, 'tokenizer' | 'text'>): TextEncoders {
  async function encodeText(text: string) {
    const { ids, truncated } = towers.tokenizer.encode(text.trim());
    if (ids.length === 0) throw noWords();
    const embedding = checkEmbedding('text', (await towers.text()).encode(ids));
    return { embedding, truncated, encoder: 'edge' as const };
  }
  return {
    encodeText,
    async encodeTexts(texts) {
      const embeddings: Float32Array[] = [];
      for (const text of texts) {
        const { length } = embeddings;
        if (length > 0 && length % textsInTurn === 0) await waitFor(0);
        embeddings.push((await encodeText(text)).embedding);
      }
      return embeddings;
    },
  };
}

/** Encode images in the same way. */
export function edgeImageEncoders(
  { imageSize }: Pick<QueryModel, 'imageSize'>,
  towers: Pick<EdgeTowers, 'image'>,
): ImageEncoders {
  return {
    async encodeImage(image, decodeImage) {
      const pixels = await decodeImage(image, imageSize);
      const embedding = checkEmbedding('image', (await towers.image()).encode(pixels));
      return { embedding, encoder: 'edge' };
    },
  };
}
