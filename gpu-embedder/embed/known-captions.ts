import { DiptychError } from '../../src/errors.ts';
import type { Identity } from './encoding-journal.ts';
import { readCaptionEmbeddings } from './read-embeddings.ts';

/**
 * Read the captions that an earlier run of the same model embedded, perhaps on other data: text to row.
 * Damaged embeddings, and those without checksums, count as none.
 */
export async function knownCaptions(
  out: string,
  { model }: Identity,
): Promise<ReadonlyMap<string, Float32Array>> {
  const found = await readCaptionEmbeddings(out).catch((error: unknown) => {
    if (error instanceof DiptychError) return null;
    throw error;
  });
  if (!found?.files || found.model.hash !== model.hash) return new Map();
  const { embedDim } = found.model;
  return new Map(
    found.captionTexts.map(({ text }, i) => [
      text,
      found.caption.subarray(i * embedDim, (i + 1) * embedDim),
    ]),
  );
}
