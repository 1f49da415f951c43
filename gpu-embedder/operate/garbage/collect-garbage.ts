import {
  completes,
  modelOf,
  modelsPrefix,
  uploadsPrefix,
  versionKey,
} from '../../../src/version/keys.ts';
import { readPointer } from '../../../src/version/move-pointer.ts';
import type { ObjectEntry, ObjectStore } from '../../../src/objects/object-store.ts';
import {
  lastUse,
  listCollections,
  listVersions,
  type StoredVersion,
} from '../publish/list-versions.ts';
import type { VectorizeTarget } from '../vectorize/publish-vectors.ts';
import { removeVersion } from '../publish/remove-version.ts';

const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;

export interface CollectOptions {
  readonly collection: string;
  /** How many complete versions stay, including the active one; default 3. */
  readonly keep?: number;
  /**
   * How long a version stays after it stopped being active, because a load or a cursor may still need it;
   * default 60 minutes.
   */
  readonly graceMs?: number;
  /** Whether a running job needs a version; by default none does. */
  readonly isHeld?: (version: string) => boolean | Promise<boolean>;
  /** The Vectorize index of versions that keep their vectors there; without it, such versions stay. */
  readonly target?: VectorizeTarget;
  /** Only report what would be removed. */
  readonly dryRun?: boolean;
  /** Milliseconds; default now. */
  readonly now?: number;
}

export interface CollectResult {
  readonly collection: string;
  readonly removed: readonly Garbage[];
  /** Versions that stay. */
  readonly kept: readonly { readonly version: string; readonly why: string }[];
}

export interface Garbage {
  /** A version id, the folder of a model or a job, the key of a pack, `uploads`, or a job's ledger. */
  readonly what: string;
  readonly why: string;
  readonly objects: number;
  readonly bytes: number;
}

/**
 * Remove what nothing refers to: all but the last versions of a collection, unfinished uploads of
 * versions, models that no version of any collection uses, and uploaded images that are older than a
 * day. An unfinished upload that is younger than a day stays, because somebody may still be working on
 * it. A version that was active until a moment ago stays, because isolates may still load it. Packs and
 * jobs need the catalogue: `collectCollection` removes them.
 *
 * @throws DiptychError index_unreadable (a manifest cannot be read, so what it uses is unknown),
 *   store_failed
 */
export async function collectGarbage(
  store: ObjectStore,
  options: CollectOptions,
): Promise<CollectResult> {
  const { collection } = options;
  const now = options.now ?? Date.now();
  const { garbage, kept } = await sortVersions(store, options, now);
  const removed: Garbage[] = [];
  for (const { version, why, objects, bytes } of garbage) {
    if (!options.dryRun) {
      const { graceMs = 60 * minuteMs, target } = options;
      await removeUpload(store, version, { collection, graceMs, target, now });
    }
    removed.push({ what: version.version, why, objects, bytes });
  }
  const gone = new Set(removed.map(({ what }) => what));
  removed.push(...(await collectModels(store, options, gone, now)));
  removed.push(...(await collectUploads(store, options, now)));
  return { collection, removed, kept };
}

interface VersionGarbage extends Omit<Garbage, 'what'> {
  readonly version: StoredVersion;
}

async function sortVersions(
  store: ObjectStore,
  { collection, keep = 3, graceMs = 60 * minuteMs, isHeld, target }: CollectOptions,
  now: number,
) {
  // Which version is active must be known before any is removed.
  await readPointer(store, collection);
  const garbage: VersionGarbage[] = [];
  const kept: { version: string; why: string }[] = [];
  let complete = 0;
  for (const version of await listVersions(store, collection)) {
    const { state, about, objects, bytes } = version;
    if (about) complete += 1;
    const why = await whyKept();
    if (why !== null) kept.push({ version: version.version, why });
    else garbage.push({ version, why: whyGarbage(version, keep), objects, bytes });

    async function whyKept(): Promise<string | null> {
      if (state === 'active') return 'active';
      if (state === 'removing') return null;
      const since = now - lastUse(version);
      if (!about) return since < dayMs ? 'perhaps still being uploaded' : null;
      if (complete <= keep) return `among the last ${keep}`;
      if (await isHeld?.(version.version)) return 'a job uses it';
      if (state === 'ready' && since < dayMs) return 'never active, and younger than a day';
      if (since < graceMs) return 'active until a moment ago';
      if (about.vectors === 'vectorize' && !target) return 'its vectors are in Vectorize';
      return null;
    }
  }
  return { garbage, kept };
}

function whyGarbage({ state }: StoredVersion, keep: number): string {
  if (state === 'removing') return 'its removal was interrupted';
  return state === 'incomplete' ? 'its upload was interrupted' : `older than the last ${keep}`;
}

/** Remove a version, or the objects of an unfinished upload, which has no manifest to go by. */
async function removeUpload(
  store: ObjectStore,
  { version, state }: StoredVersion,
  options: Pick<CollectOptions, 'collection' | 'graceMs' | 'target'> & { readonly now: number },
): Promise<void> {
  const { collection } = options;
  if (state === 'removing') {
    await removeVersion(store, collection, version, { ...options, graceMs: 0 });
  } else if (state !== 'incomplete') await removeVersion(store, collection, version, options);
  else await deleteAll(store, await store.list(versionKey(collection, version, '')));
}

/** @param gone - versions of the collection that were removed, or would be in a dry run */
async function collectModels(
  store: ObjectStore,
  { collection, dryRun }: CollectOptions,
  gone: ReadonlySet<string>,
  now: number,
): Promise<Garbage[]> {
  const models = groupBy(await store.list(modelsPrefix), ({ key }) => modelOf(key));
  const old = [...models].filter(([, entries]) => entries.every((entry) => isOld(entry, now)));
  if (old.length === 0) return [];
  const used = await usedModels(store, (name, version) => name === collection && gone.has(version));
  const removed: Garbage[] = [];
  for (const [hash, entries] of old) {
    if (used.has(hash)) continue;
    if (!dryRun) await deleteAll(store, entries);
    removed.push({
      what: `${modelsPrefix}${hash}`,
      why: 'no version uses it',
      ...sizeOf(entries),
    });
  }
  return removed;
}

async function usedModels(
  store: ObjectStore,
  isGone: (collection: string, version: string) => boolean,
): Promise<Set<string>> {
  const used = new Set<string>();
  for (const name of await listCollections(store)) {
    for (const { version, about } of await listVersions(store, name)) {
      if (about && !isGone(name, version)) used.add(about.model);
    }
  }
  return used;
}

/** Remove old uploads of images. An item that was ingested has a copy of the bytes in a pack. */
async function collectUploads(
  store: ObjectStore,
  { dryRun }: CollectOptions,
  now: number,
): Promise<Garbage[]> {
  const entries = (await store.list(uploadsPrefix)).filter((entry) => isOld(entry, now));
  if (entries.length === 0) return [];
  if (!dryRun) await deleteAll(store, entries);
  return [{ what: 'uploads', why: 'older than a day', ...sizeOf(entries) }];
}

/** Whether an object is so old that nobody can still be working on it. */
export function isOld({ uploaded }: ObjectEntry, now: number): boolean {
  return now - uploaded.getTime() >= dayMs;
}

/** Delete objects. The one that completes a version or a model goes first, so the rest never counts. */
export async function deleteAll(
  store: ObjectStore,
  entries: readonly ObjectEntry[],
): Promise<void> {
  const first = ({ key }: ObjectEntry) => (completes(key) ? 0 : 1);
  for (const { key } of [...entries].sort((a, b) => first(a) - first(b))) await store.delete(key);
}

export function sizeOf(entries: readonly ObjectEntry[]): { objects: number; bytes: number } {
  return {
    objects: entries.length,
    bytes: entries.reduce((sum, { size }) => sum + size, 0),
  };
}

export function groupBy<T, Key>(values: readonly T[], keyOf: (value: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
