import {
  collectionOf,
  collectionPrefix,
  collectionsPrefix,
  versionKey,
  versionOf,
} from '../../../src/version/keys.ts';
import { parseOutline } from '../../../src/version/manifest.ts';
import type { Pointer } from '../../../src/version/pointer.ts';
import { readUnlistedText } from '../../../src/search/open/read-file.ts';
import { storeSource } from '../../../src/search/open/store-source.ts';
import type { ObjectEntry, ObjectStore } from '../../../src/objects/object-store.ts';
import { seePointer } from '../../../src/version/move-pointer.ts';

/** A version in a store. */
export interface StoredVersion {
  readonly version: string;
  /**
   * `active` answers queries; `retired` did so before; `ready` was uploaded and never active;
   * `incomplete` has no manifest; `removing` is being removed.
   */
  readonly state: 'active' | 'retired' | 'ready' | 'incomplete' | 'removing';
  readonly objects: number;
  readonly bytes: number;
  /** When its last object was written. */
  readonly uploaded: Date;
  /** Only for a retired version: when another one took its place. */
  readonly activeUntil?: Date;
  /** From the manifest, only for a complete version. */
  readonly about?: {
    readonly items: number;
    readonly captions: number;
    readonly model: string;
    readonly vectors: 'isolate' | 'vectorize';
    readonly inputKey?: string;
  };
}

/**
 * List the versions of a collection in a store: the active one, then the others by last use, the
 * latest first. A version that was never active counts from its upload. If the pointer cannot be read,
 * none is active.
 *
 * @throws DiptychError index_unreadable
 */
export async function listVersions(
  store: ObjectStore,
  collection: string,
): Promise<StoredVersion[]> {
  const { pointer } = await seePointer(store, collection);
  const objects = new Map<string, ObjectEntry[]>();
  for (const entry of await store.list(collectionPrefix(collection))) {
    const version = versionOf(entry.key);
    if (version === null) continue;
    const known = objects.get(version);
    if (known) known.push(entry);
    else objects.set(version, [entry]);
  }
  const versions = await Promise.all(
    [...objects].map(([version, entries]) =>
      describe(store, collection, version, entries, pointer),
    ),
  );
  return versions.sort((a, b) => lastUse(b) - lastUse(a));
}

/** List the names of all collections in a store. */
export async function listCollections(store: ObjectStore): Promise<string[]> {
  const keys = await store.list(collectionsPrefix);
  return [...new Set(keys.map(({ key }) => collectionOf(key)))];
}

async function describe(
  store: ObjectStore,
  collection: string,
  version: string,
  entries: readonly ObjectEntry[],
  pointer: Pointer | null,
): Promise<StoredVersion> {
  const retired = pointer?.retired?.find((one) => one.version === version);
  const size = {
    version,
    objects: entries.length,
    bytes: entries.reduce((sum, entry) => sum + entry.size, 0),
    uploaded: new Date(Math.max(...entries.map((entry) => entry.uploaded.getTime()))),
    ...(retired && { activeUntil: new Date(retired.until) }),
  };
  const has = (file: string) =>
    entries.some(({ key }) => key === versionKey(collection, version, file));
  const isActive = pointer?.version === version && has('manifest.json');
  if (has('removing.json') && !isActive) return { ...size, state: 'removing' };
  const key = versionKey(collection, version, 'manifest.json');
  const json = has('manifest.json') ? await readUnlistedText(storeSource(store), key) : null;
  if (json === null) return { ...size, state: 'incomplete' };
  const { counts, model, vectors, inputKey } = parseOutline(key, json);
  const about = { ...counts, model: model.hash, vectors, inputKey };
  if (isActive) return { ...size, state: 'active', about };
  return { ...size, state: retired ? 'retired' : 'ready', about };
}

/** Return the time when a version was used last, milliseconds. */
export function lastUse({ state, activeUntil, uploaded }: StoredVersion): number {
  return state === 'active' ? Infinity : (activeUntil ?? uploaded).getTime();
}
