import { createHash } from 'node:crypto';
import { shownSchema } from '../../../src/version/items.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import type { EmbeddingPlace, PlannedItem } from '../../../src/jobs/steps/build-page.ts';
import { gatherEmbeddings } from './gather-embeddings.ts';
import type { IndexSource } from './index-source.ts';
import { packedImages } from './packed-images.ts';
import { readBuildPages } from './read-build-pages.ts';

export interface Plan {
  readonly jobId: string;
  readonly collection: string;
  /** Number of items to index, from the ledger. */
  readonly items: number;
  readonly model: IndexSource['model'];
}

/**
 * Open the plan of a job as the source of an index, from objects alone. Embeddings stay in memory
 * (4 bytes per dimension), images do not.
 *
 * @throws DiptychError index_unreadable: a page or a pack is missing or damaged
 */
export async function openPlanSource(
  objects: ObjectStore,
  { jobId, collection, items: expected, model }: Plan,
  signal?: AbortSignal,
): Promise<IndexSource> {
  const planned = await readBuildPages(objects, jobId, expected, signal);
  const captions = distinctCaptions(planned);
  const places = (of: readonly { readonly embedding: EmbeddingPlace }[]) =>
    gatherEmbeddings(
      objects,
      model,
      of.map(({ embedding }) => embedding),
      signal,
    );
  return {
    model,
    dataset: { name: collection, fingerprint: fingerprint(planned) },
    items: planned.map(({ captions: own, ...fields }) => ({
      ...fields,
      captions: own.map(({ text }) => text),
    })),
    concepts: new Map(),
    image: await places(planned),
    caption: await places(captions),
    captionTexts: captions.map(({ text, items }) => ({ text, items })),
    readImage: packedImages(
      objects,
      planned.map(({ image }) => image),
    ),
  };
}

interface DistinctCaption {
  readonly text: string;
  readonly embedding: EmbeddingPlace;
  readonly items: number[];
}

/** List the distinct captions, short ones first, in the order that `encode` uses. */
function distinctCaptions(planned: readonly PlannedItem[]): DistinctCaption[] {
  const found = new Map<string, DistinctCaption>();
  for (const [ordinal, { captions }] of planned.entries()) {
    for (const { text, embedding } of captions) {
      const known = found.get(text);
      if (!known) found.set(text, { text, embedding, items: [ordinal] });
      else if (known.items.at(-1) !== ordinal) known.items.push(ordinal);
    }
  }
  return [...found.values()].sort((a, b) => a.text.length - b.text.length);
}

/** Hash all that an index holds of items except embeddings: the version id covers their values. */
function fingerprint(planned: readonly PlannedItem[]): string {
  const hash = createHash('sha256');
  for (const item of planned) {
    const { id, tags, image } = item;
    hash.update(`${JSON.stringify({ id, tags, image, ...shownSchema.parse(item) })}\n`);
  }
  return hash.digest('hex');
}
