import pMap from 'p-map';
import { embeddedModels, findEmbeddings } from '../../../src/items/embeddings.ts';
import { findImages } from '../../../src/items/images.ts';
import type { CatalogueItem } from '../../../src/items/item.ts';
import { listItems } from '../../../src/items/items.ts';
import { DiptychError } from '../../../src/errors.ts';
import { embedDimOf } from '../../../src/items/embed-dim-of.ts';
import {
  inspectEmbeddingPack,
  repairEmbeddingPack,
  type EmbeddingPackState,
} from './embedding-packs.ts';
import { inspectImagePack, repairImagePack, type ImagePackState } from './image-packs.ts';
import type { Verifying } from './verifying.ts';

export interface ItemCounts {
  readonly items: number;
  readonly images: number;
  readonly packs: number;
  /** Bytes of packs that were read. */
  readonly bytes: number;
}

/** Packs that are read at the same time, each in chunks. */
const concurrency = 2;

/**
 * Check that the store has the image of every item, and every embedding that the catalogue has of the
 * images and captions. Each pack is read once, however many items it holds.
 */
export async function checkItems(
  work: Verifying,
  onProgress: (items: number) => void,
): Promise<ItemCounts> {
  const { catalogue, collection } = work;
  const images = imageChecks(work);
  const embeddings = embeddingChecks(work, await embeddedModels(catalogue));
  const counts = { items: 0, images: 0 };
  for (let after: string | undefined; ;) {
    const { items, next } = await listItems(catalogue, { collection, after, limit: work.page });
    counts.items += items.length;
    counts.images += await images.check(items);
    await embeddings.check(items);
    onProgress(counts.items);
    if (next === undefined) break;
    after = next;
  }
  images.end();
  const packs = [...images.packs(), ...embeddings.packs()];
  return {
    ...counts,
    packs: packs.length,
    bytes: packs.reduce((sum, { read }) => sum + read, 0),
  };
}

function imageChecks(work: Verifying) {
  const { catalogue, quick, differ, mend } = work;
  const packs = new Map<string, Omit<ImagePackState, 'rows'>>();
  const told = new Set<string>();

  async function inspect(pack: string): Promise<void> {
    const { rows, ...state } = await inspectImagePack(work, pack, quick);
    packs.set(pack, state);
    const { key, bad, otherHash } = state;
    if (bad.size === 0 && otherHash === null) return;
    const kept = rows.length - bad.size;
    mend({
      what:
        `forget ${bad.size} images of ${key}, so that ingest stores them again` +
        (kept > 0 ? `, and write the other ${kept} into a new pack` : ''),
      apply: () => repairImagePack(work, pack, quick),
    });
  }

  return {
    packs: () => [...packs.values()],
    /** Check the images of some items. @returns how many there are */
    async check(items: readonly CatalogueItem[]): Promise<number> {
      const shown = items.flatMap(({ id, imageHash }) => (imageHash ? [{ id, imageHash }] : []));
      const places = await findImages(
        catalogue,
        shown.map(({ imageHash }) => imageHash),
      );
      const fresh = new Set([...places.values()].map(({ pack }) => pack));
      const unread = [...fresh].filter((pack) => !packs.has(pack));
      await pMap(unread, inspect, { concurrency });
      for (const { id, imageHash } of shown) {
        const pack = places.get(imageHash)?.pack;
        const where = `item ${id}`;
        if (pack === undefined) {
          const expected = `a pack with its image ${imageHash}`;
          differ({ kind: 'image_missing', where, expected, got: 'none', fix: again });
          continue;
        }
        const wrong = packs.get(pack)?.bad.get(imageHash);
        if (!wrong) continue;
        told.add(pack);
        differ({ ...wrong, where, fix: wrong.kind === 'image_missing' ? again : forgetFirst });
      }
      return shown.length;
    },
    /** Tell of damaged packs in which no item of the collection was hit. */
    end(): void {
      for (const [pack, { key, otherHash }] of packs) {
        if (otherHash === null || told.has(pack)) continue;
        const expected = `SHA-256 ${pack}`;
        const [where, got] = [key, otherHash];
        differ({ kind: 'image_pack_damaged', where, expected, got, fix: repairIt });
      }
    },
  };
}

function embeddingChecks(work: Verifying, models: readonly string[]) {
  const { catalogue, quick, differ, mend } = work;
  const packs = new Map<string, EmbeddingPackState>();
  const dims = new Map<string, number | null>();

  async function inspect(model: string, pack: string): Promise<void> {
    const options = { dim: dims.get(model) ?? null, quick };
    const state = await inspectEmbeddingPack(work, model, pack, options);
    packs.set(`${model}/${pack}`, state);
    const { key, rows, wrong } = state;
    if (!wrong) return;
    const fix = `${repairIt}, so that the next reindex encodes its ${rows} images and captions again`;
    differ({ ...wrong, where: key, fix });
    mend({
      what: `forget ${rows} embeddings of ${key}, so that the next reindex encodes them again`,
      apply: () => repairEmbeddingPack(work, model, pack, options),
    });
  }

  return {
    packs: () => [...packs.values()],
    async check(items: readonly CatalogueItem[]): Promise<void> {
      const image = items.flatMap(({ imageHash }) => imageHash ?? []);
      const text = items.flatMap(({ captions }) => captions.map(({ textHash }) => textHash));
      for (const model of models) {
        if (!dims.has(model)) dims.set(model, await dimOf(work, model));
        const places = await findEmbeddings(catalogue, model, { image, text });
        const all = [...places.image.values(), ...places.text.values()].map(({ pack }) => pack);
        const unread = [...new Set(all)].filter((pack) => !packs.has(`${model}/${pack}`));
        await pMap(unread, (pack) => inspect(model, pack), { concurrency });
      }
    },
  };
}

/** Read how many floats an embedding has; null where no readable model says so. */
async function dimOf({ objects }: Verifying, model: string): Promise<number | null> {
  try {
    return (await embedDimOf(objects, model)) || null;
  } catch (error) {
    // The check of the version tells of a damaged model.
    if (error instanceof DiptychError && error.code === 'index_unreadable') return null;
    throw error;
  }
}

const again = 'ingest the item with its image again';
const repairIt = 'run "diptych verify --repair"';
const forgetFirst = `${repairIt}, then ${again}`;
