import type { Stores } from '../catalogue/stores.ts';
import type { ByKind, HashesByKind } from './by-kind.ts';
import { findEmbeddings, type EmbeddingPlace } from './embeddings.ts';
import { embeddingPart, lostParts } from './lost-parts.ts';

/**
 * Find a model's embeddings whose packs are in the store. An embedding whose pack is gone is left out,
 * as one that was never made: a job then encodes it again, and its row names the new pack.
 */
export async function findStoredEmbeddings(
  { catalogue, objects }: Stores,
  modelHash: string,
  hashes: HashesByKind,
): Promise<ByKind<EmbeddingPlace>> {
  const { image, text } = await findEmbeddings(catalogue, modelHash, hashes);
  const lost = await lostParts(objects, [...image.values(), ...text.values()], (place) =>
    embeddingPart(modelHash, place),
  );
  if (lost.size === 0) return { image, text };
  const stored = (places: ReadonlyMap<string, EmbeddingPlace>) =>
    new Map([...places].filter(([, place]) => !lost.has(place)));
  return { image: stored(image), text: stored(text) };
}
