import type { Suggestion } from '../../src/search/keywords/build-keyword-index.ts';
import { fusionWeights } from '../../src/search/fusion-weights.ts';
import type { Gallery } from '../evaluate/gallery.ts';
import { withProgress } from '../evaluate/with-progress.ts';
import { textsToHandOn } from './captioned-items.ts';
import { nearestRows } from './nearest-rows.ts';
import type { SuggestionSettings } from './suggestion-settings.ts';
import { vote, type Neighbour } from './vote.ts';

/** The captioned pictures nearest to each picture. */
export interface Neighbourhoods {
  /** Of each picture, the nearest first. */
  readonly neighbours: readonly (readonly Neighbour[])[];
  /** Standard deviation of the cosines of unrelated pictures: models differ in it. */
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
  const said = rememberTexts(captioned);
  return {
    neighbours: nearest.map(({ rows, similarities }) =>
      rows.map((row, i) => ({ similarity: similarities[i], ...said(row) })),
    ),
    spread: fusionWeights(pictures.embeddings, captioned.embeddings, dim).cosineDeviation,
  };
}

/**
 * Suggest captions for pictures: those of the captioned pictures that look most like each.
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

/** What a captioned picture votes for, made once for all pictures that it is near to. */
function rememberTexts({ dataset, items }: Gallery) {
  const known = new Map<number, Omit<Neighbour, 'similarity'>>();
  return (row: number) => {
    const item = dataset.items[items[row]];
    const said = known.get(row) ?? {
      concept: item.concept,
      texts: textsToHandOn(dataset, item),
    };
    known.set(row, said);
    return said;
  };
}
