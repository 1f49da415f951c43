import type { Suggestion } from '../../../src/search/keywords/build-keyword-index.ts';
import { fusionWeights } from '../../../src/version/fusion-weights.ts';
import type { Gallery } from '../embeddings/gallery.ts';
import { withProgress } from '../embeddings/with-progress.ts';
import { describingTexts } from './captioned-items.ts';
import { nearestRows } from './nearest-rows.ts';
import type { SuggestionSettings } from './suggestion-settings.ts';
import { vote, type Neighbour } from './vote.ts';

/** The captioned pictures nearest to each picture. */
export interface Neighbourhoods {
  /** Neighbours of each picture, the nearest first. */
  readonly neighbours: readonly (readonly Neighbour[])[];
  /** Standard deviation of the cosines of unrelated pictures, which depends on the model. */
  readonly spread: number;
}

/** @param count - neighbours of each picture */
export async function findNeighbours(
  pictures: Gallery,
  captioned: Gallery,
  count: number,
  threads?: number,
): Promise<Neighbourhoods> {
  const { dim } = captioned;
  const nearest = await withProgress('find nearest', pictures.items.length, (onProgress) =>
    nearestRows(pictures.embeddings, captioned.embeddings, dim, count, { threads, onProgress }),
  );
  const textsOf = cacheTexts(captioned);
  return {
    neighbours: nearest.map(({ rows, similarities }) =>
      rows.map((row, i) => ({ similarity: similarities[i], ...textsOf(row) })),
    ),
    spread: fusionWeights(pictures.embeddings, captioned.embeddings, dim).cosineDeviation,
  };
}

/**
 * Suggest captions for pictures: the captions of the captioned pictures that look most similar.
 *
 * @returns for each picture, the most likely caption first
 */
export function suggestCaptions(
  { neighbours, spread }: Neighbourhoods,
  settings: SuggestionSettings,
): Suggestion[][] {
  const options = { ...settings, temperature: settings.temperature * spread };
  return neighbours.map((near) => vote(near.slice(0, settings.neighbours), options));
}

/** Cache the concept and texts of each captioned picture, which is near to many pictures. */
function cacheTexts({ dataset, items }: Gallery) {
  const known = new Map<number, Omit<Neighbour, 'similarity'>>();
  return (row: number) => {
    const item = dataset.items[items[row]];
    const entry = known.get(row) ?? {
      concept: item.concept,
      texts: describingTexts(dataset, item),
    };
    known.set(row, entry);
    return entry;
  };
}
