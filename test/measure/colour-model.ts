import type { EmbeddingModel } from '../../gpu-embedder/embed/load-model.ts';
import { normaliseRows } from '../../gpu-embedder/embed/normalise-rows.ts';

export type Colour = readonly [red: number, green: number, blue: number];

/** What the pictures of the tiny data set show, and their colours. */
export const tinyColours: readonly (readonly [name: string, colour: Colour])[] = [
  ['birthday cake', [204, 51, 51]],
  ['angry face', [51, 153, 204]],
  ['airplane', [51, 170, 51]],
  ['music note', [204, 153, 51]],
  ['red heart', [153, 51, 153]],
  ['dog', [51, 51, 51]],
  ['cat face', [0, 204, 204]],
  ['shopping cart', [255, 102, 170]],
];

/**
 * A model whose embeddings can be computed by hand: an image becomes white minus its colour, and a
 * text white minus the colour of the last of `colours` that it contains.
 */
export function colourModel(
  colours: ReadonlyMap<string, Colour>,
  imageSize: number,
): EmbeddingModel & { readonly prompts: readonly string[] } {
  const prompts: string[] = [];
  const lacks = (colour: Colour) => colour.map((value) => 255 - value);
  const colourOf = (text: string): Colour => {
    const [word] = [...colours.keys()].filter((name) => text.includes(name)).slice(-1);
    return colours.get(word) ?? [255, 255, 255];
  };
  return {
    id: 'colours',
    family: 'diptych',
    embedDim: 3,
    imageSize,
    contextLength: 16,
    logitScale: 0,
    hash: '',
    imageRule: { imageSize, contain: true } as EmbeddingModel['imageRule'],
    prompts,
    embedTexts: (texts) => {
      prompts.push(...texts);
      return Promise.resolve(
        normaliseRows(Float32Array.from(texts.flatMap((text) => lacks(colourOf(text)))), 3),
      );
    },
    embedPixels: (pixels) => {
      const area = imageSize ** 2;
      const sums = new Float32Array(pixels.length / area);
      for (const [i, value] of pixels.entries()) {
        sums[3 * Math.floor(i / 3 / area) + (i % 3)] += 255 - value;
      }
      return Promise.resolve(normaliseRows(sums, 3));
    },
    embedImages: () => Promise.reject(new Error('the pixels are prepared')),
    dispose: () => Promise.resolve(),
  };
}
