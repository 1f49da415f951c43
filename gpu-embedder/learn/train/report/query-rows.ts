import type { Item } from '../../../data/prepared/prepared.ts';
import type { PreparedDataset } from '../../../data/prepared/read-dataset.ts';
import {
  thumbnailDataUri,
  type Picture,
  type QueryRow,
} from '../../../data/pictures/contact-sheet.ts';
import type { ValidationQuery } from '../run/records.ts';

/** Side of the pictures in pixels: more than the page shows, for screens of high density. */
const side = 144;
const nearestShown = 5;
const noPicture = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg"/>')}`;

/**
 * Find the pictures of queries.
 *
 * @param dataset - null for empty pictures, with ids below them
 */
export function queryRows(
  queries: readonly ValidationQuery[],
  dataset: PreparedDataset | null,
): Promise<QueryRow[]> {
  const items = new Map(dataset?.items.map((item) => [item.id, item]));
  const picture = async (id: string): Promise<Picture> => {
    const item = items.get(id);
    if (!dataset || !item) return { src: noPicture, title: id };
    const src = await thumbnailDataUri(dataset, item, side);
    return { src, title: item.title, ...(item.set === undefined ? {} : { note: item.set }) };
  };
  const answers = (query: ValidationQuery, id: string): boolean =>
    id === query.item || sameConcept(items.get(id), items.get(query.item));
  return Promise.all(
    queries.map(async (query) => ({
      query: query.text,
      rank: query.rank,
      right: await picture(query.item),
      nearest: await Promise.all(
        query.nearest.slice(0, nearestShown).map(async ({ item, score }) => ({
          ...(await picture(item)),
          note: score.toFixed(3),
          right: answers(query, item),
        })),
      ),
    })),
  );
}

const sameConcept = (a: Item | undefined, b: Item | undefined): boolean =>
  a?.concept !== undefined && a.concept === b?.concept;
