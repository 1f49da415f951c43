import { plainView } from './render-view.ts';
import type { Batch, BatchInputs } from './batches.ts';
import { tokenRows } from './token-rows.ts';
import type { TextInput } from './text-input.ts';
import type { TrainingSet } from './training-set.ts';

/** Make unchanged images, [rows, 3, imageSize, imageSize]; rows without an item are zero. */
export function plainImages(
  set: Pick<TrainingSet, 'picture'>,
  items: readonly number[],
  rows: number,
  { imageSize: size, normalisation }: Pick<BatchInputs, 'imageSize' | 'normalisation'>,
): Batch {
  const pixels = new Float32Array(rows * 3 * size * size);
  items.forEach((item, i) =>
    plainView(set.picture(item), { size, out: pixels, offset: i * 3 * size * size, normalisation }),
  );
  return { pixels };
}

/** Make unchanged texts, [rows, sequence]; rows without a text repeat the first text. */
export function plainTexts(texts: readonly string[], rows: number, input: TextInput): Batch {
  const all = [...texts, ...new Array<string>(rows - texts.length).fill(texts[0])];
  return tokenRows(
    all.map((text) => input.tokenise(text)),
    input,
  );
}
