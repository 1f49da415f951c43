import type { ByKind } from '../../items/by-kind.ts';
import type { EmbeddingPlace } from '../../items/embeddings.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { putJson } from '../../objects/put-json.ts';
import { type BuildPage, type PlannedItem } from './build-page.ts';
import { buildPageKey } from '../../version/keys.ts';
import type { BatchItem } from './plan-batch.ts';

/** Write a page for the builder with the items that have an embedding. */
export async function writeBuildPage(
  objects: ObjectStore,
  jobId: string,
  batch: number,
  items: readonly BatchItem[],
  { image: images, text: texts }: ByKind<EmbeddingPlace>,
): Promise<void> {
  const page: BuildPage = {
    items: items.flatMap((item) => {
      const place = item.image && images.get(item.image.hash);
      return place ? toPlannedItem(item, place, texts) : [];
    }),
  };
  await putJson(objects, buildPageKey(jobId, batch), page);
}

function toPlannedItem(
  { image, captions, ...fields }: BatchItem,
  place: EmbeddingPlace,
  embedded: ReadonlyMap<string, EmbeddingPlace>,
): PlannedItem {
  const { pack, byteOffset, byteLength, type } = image!;
  return {
    ...fields,
    image: { pack, byteOffset, byteLength, type },
    embedding: { pack: place.pack, row: place.rowIndex },
    captions: captions.flatMap(({ text, textHash }) => {
      const found = embedded.get(textHash);
      return found ? { text, embedding: { pack: found.pack, row: found.rowIndex } } : [];
    }),
  };
}
