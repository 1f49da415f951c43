import { embedTexts } from './embed-texts.ts';
import type { EvaluatedModel } from './gallery.ts';

/** Cache the text embeddings of a model, for scripts that embed the same texts repeatedly. */
export function cacheTextEmbeddings(model: EvaluatedModel): EvaluatedModel {
  const known = new Map<string, Float32Array>();
  const dim = model.embedDim;
  return {
    ...model,
    async embedTexts(texts) {
      const unknown = [...new Set(texts)].filter((text) => !known.has(text));
      const rows = await embedTexts(model, unknown);
      for (const [i, text] of unknown.entries())
        known.set(text, rows.subarray(i * dim, (i + 1) * dim));
      const embeddings = new Float32Array(texts.length * dim);
      for (const [i, text] of texts.entries()) embeddings.set(known.get(text)!, i * dim);
      return embeddings;
    },
  };
}
