import {
  embeddingPackOf,
  embeddingPacksPrefix,
  imagePackOf,
  imagePacksPrefix,
  jobPageKind,
  jobPrefix,
} from '../../../src/version/keys.ts';
import { namedPacks } from '../../../src/items/named-packs.ts';
import { listActiveJobs } from '../../../src/jobs/rows/jobs.ts';
import { chunks } from '../../../src/catalogue/chunks.ts';
import type { ObjectEntry, ObjectStore } from '../../../src/objects/object-store.ts';
import { parseArtifactJson } from '../../../src/version/parse-json.ts';
import { buildPageSchema } from '../../../src/jobs/steps/build-page.ts';
import { planBatchSchema } from '../../../src/jobs/steps/plan-batch.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { groupBy, isOld, sizeOf, type Garbage } from './collect-garbage.ts';

interface Pack {
  readonly entry: ObjectEntry;
  /** SHA-256 of its bytes, which is its name. */
  readonly pack: string;
  /** The model of a pack of embeddings; undefined for a pack of images. */
  readonly model?: string;
}

interface PackOptions {
  readonly dryRun?: boolean;
  /** Milliseconds. */
  readonly now: number;
}

/**
 * Remove packs of images and of embeddings that neither a row of the catalogue nor a page of an active
 * job names. A pack that is younger than a day stays, because its rows are written after it. If the
 * catalogue names none of the packs, it probably belongs to another store, and all packs stay.
 *
 * @throws DiptychError index_unreadable (a page of a job cannot be read, so what it needs is unknown)
 */
export async function collectPacks(
  stores: Stores,
  { dryRun = false, now }: PackOptions,
): Promise<Garbage[]> {
  const { objects } = stores;
  const packs = [
    ...(await objects.list(imagePacksPrefix)).flatMap(imagePack),
    ...(await objects.list(embeddingPacksPrefix)).flatMap(embeddingPack),
  ];
  const orphans = await unnamed(stores, packs);
  const old = orphans.filter(({ entry }) => isOld(entry, now));
  if (old.length === 0 || orphans.length === packs.length) return [];
  const needed = await packsOfActiveJobs(stores);
  const removed: Garbage[] = [];
  for (const part of chunks(old)) {
    // Rows may have been added while the pages of jobs were read, so the catalogue is asked again.
    for (const { entry, pack } of await unnamed(stores, part)) {
      if (needed.has(pack)) continue;
      if (!dryRun && !(await removeIfOld(objects, entry.key, now))) continue;
      removed.push({ what: entry.key, why: 'no row refers to it', ...sizeOf([entry]) });
    }
  }
  return removed;
}

function imagePack(entry: ObjectEntry): Pack[] {
  const pack = imagePackOf(entry.key);
  return pack === null ? [] : [{ entry, pack }];
}

function embeddingPack(entry: ObjectEntry): Pack[] {
  const place = embeddingPackOf(entry.key);
  return place === null ? [] : [{ entry, ...place }];
}

async function unnamed({ catalogue }: Stores, packs: readonly Pack[]): Promise<Pack[]> {
  const left: Pack[] = [];
  for (const [model, some] of groupBy(packs, (pack) => pack.model)) {
    const names = some.map(({ pack }) => pack);
    const named = await namedPacks(catalogue, model, names);
    left.push(...some.filter(({ pack }) => !named.has(pack)));
  }
  return left;
}

/** Remove a pack, unless somebody has just written it again and is about to name it in a row. */
async function removeIfOld(objects: ObjectStore, key: string, now: number): Promise<boolean> {
  const [entry] = await objects.list(key);
  if (!entry || !isOld(entry, now)) return false;
  await objects.delete(key);
  return true;
}

/** List the packs that the pages of active jobs name, for encoding and for building. */
async function packsOfActiveJobs({ catalogue, objects }: Stores): Promise<Set<string>> {
  const packs = new Set<string>();
  for (const { id } of await listActiveJobs(catalogue)) {
    for (const { key } of await objects.list(jobPrefix(id))) {
      for (const pack of await packsOfPage(objects, key)) packs.add(pack);
    }
  }
  return packs;
}

async function packsOfPage(objects: ObjectStore, key: string): Promise<string[]> {
  const kind = jobPageKind(key);
  const bytes = kind ? await objects.get(key) : null;
  if (!bytes) return [];
  const json = new TextDecoder().decode(bytes);
  if (kind === 'batch') {
    const { items } = parseArtifactJson(key, planBatchSchema, json);
    return items.flatMap(({ image }) => image?.pack ?? []);
  }
  const { items } = parseArtifactJson(key, buildPageSchema, json);
  return items.flatMap(({ image, embedding, captions }) => [
    image.pack,
    embedding.pack,
    ...captions.map((caption) => caption.embedding.pack),
  ]);
}
