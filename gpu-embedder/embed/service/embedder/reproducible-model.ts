import type { LoadedModel } from '../../load-model.ts';

/**
 * The part of a loaded model that an embedder uses. `countTokens` may be asynchronous, because the
 * model may be in another thread.
 */
export interface DirectModel extends Pick<
  LoadedModel,
  'id' | 'hash' | 'embedDim' | 'imageRule' | 'embedTexts'
> {
  /**
   * @param rgb - [batch, imageSize, imageSize, 3]
   * @returns [batch, embedDim]
   */
  embedPixels(rgb: Uint8Array): Promise<Float32Array>;
  /** Tokens of each text, as the model reads it. */
  countTokens(texts: readonly string[]): readonly number[] | Promise<readonly number[]>;
  /** Set by {@link reproducibleModel}, so that no model is wrapped twice. */
  readonly reproducible?: true;
}

/**
 * Make the embedding of an input depend on that input alone, bit for bit, and not on the other
 * inputs of its run. A batch that is delivered twice, or together with others, then gives the same
 * vectors each time.
 *
 * ONNX Runtime does not guarantee that. We measured version 1.30 on its CPU provider with the
 * starter model and 1 to 8 threads: a row is the same in all runs that have at least as many rows
 * as there are threads and whose texts have the same number of tokens (padding changes the order of
 * sums). So a run holds only texts of the same number of tokens, and short runs are filled up.
 *
 * @param threads - number of threads of the model, or a larger number
 */
export function reproducibleModel(model: DirectModel, threads: number): DirectModel {
  if (model.reproducible) return model;
  const { embedDim, imageRule } = model;
  const minRows = Math.max(2, threads);
  const imageLength = 3 * imageRule.imageSize ** 2;

  async function embedSameLength(texts: readonly string[]): Promise<Float32Array> {
    const filling = Array<string>(Math.max(0, minRows - texts.length)).fill(texts[0]);
    const rows = await model.embedTexts([...texts, ...filling]);
    return rows.subarray(0, texts.length * embedDim);
  }

  return {
    ...model,
    reproducible: true,
    embedTexts: async (texts) => {
      const groups = groupPlaces(await model.countTokens(texts));
      const all = new Float32Array(texts.length * embedDim);
      for (const places of groups) {
        const rows = await embedSameLength(places.map((place) => texts[place]));
        for (const [i, place] of places.entries()) {
          all.set(rows.subarray(i * embedDim, (i + 1) * embedDim), place * embedDim);
        }
      }
      return all;
    },
    embedPixels: async (rgb) => {
      const count = rgb.length / imageLength;
      if (count >= minRows) return model.embedPixels(rgb);
      const filled = new Uint8Array(minRows * imageLength);
      filled.set(rgb);
      return (await model.embedPixels(filled)).subarray(0, count * embedDim);
    },
  };
}

/** Group the positions of equal values. */
function groupPlaces(values: readonly number[]): Iterable<readonly number[]> {
  const groups = new Map<number, number[]>();
  for (const [place, value] of values.entries()) {
    const group = groups.get(value);
    if (group) group.push(place);
    else groups.set(value, [place]);
  }
  return groups.values();
}
