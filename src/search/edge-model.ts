import type { ImageEncoder } from '../encoder/image-encoder.ts';
import type { TextEncoder } from '../encoder/text-encoder.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { checkEmbedding, noWords, type QueryModel } from './query-model.ts';

/** The int8 towers of a model. Each is called for when a query needs it for the first time. */
export interface EdgeTowers {
  readonly tokenizer: Tokenizer;
  text(): TextEncoder | Promise<TextEncoder>;
  image(): ImageEncoder | Promise<ImageEncoder>;
}

/** Create a model that encodes queries with the WASM kernels, as the edge does. */
export function createEdgeModel(
  description: Pick<QueryModel, 'id' | 'hash' | 'imageSize' | 'scale'>,
  towers: EdgeTowers,
): QueryModel {
  return {
    ...description,
    async encodeText(text) {
      const { ids, truncated } = towers.tokenizer.encode(text.trim());
      if (ids.length === 0) throw noWords();
      const embedding = (await towers.text()).encode(ids);
      return { embedding: checkEmbedding('text', embedding), truncated };
    },
    encodeImage: async (pixels) => checkEmbedding('image', (await towers.image()).encode(pixels)),
  };
}
