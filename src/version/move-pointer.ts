import { DiptychError } from '../errors.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { activeKey } from './keys.ts';
import { parsePointer, type Pointer } from './pointer.ts';

/** The number of earlier active versions that a pointer lists. */
const retiredKept = 50;

/** The pointer of a collection as it was read. */
export interface SeenPointer {
  readonly collection: string;
  /** Null where nothing was published yet. */
  readonly pointer: Pointer | null;
  readonly etag: string | null;
  /** Why the pointer that is there cannot be read; `pointer` is null then. */
  readonly unreadable?: DiptychError;
}

/** Read the pointer of a collection. @throws DiptychError index_unreadable */
export async function readPointer(store: ObjectStore, collection: string): Promise<SeenPointer> {
  const seen = await seePointer(store, collection);
  if (seen.unreadable) throw seen.unreadable;
  return seen;
}

/** Read the pointer of a collection, so that one that cannot be read can be replaced. */
export async function seePointer(store: ObjectStore, collection: string): Promise<SeenPointer> {
  const key = activeKey(collection);
  // The etag is read first. If it is older than the content, a later move fails; in the other order
  // the move could overwrite a pointer that nobody has seen.
  const head = await store.head(key);
  const bytes = head && (await store.get(key));
  if (!bytes) return { collection, pointer: null, etag: null };
  const { etag } = head;
  try {
    return { collection, pointer: parsePointer(key, new TextDecoder().decode(bytes)), etag };
  } catch (error) {
    if (!(error instanceof DiptychError)) throw error;
    return { collection, pointer: null, etag, unreadable: error };
  }
}

/**
 * Move the pointer of a collection to a version.
 *
 * @param seen - the pointer as it was read; it must not have moved since
 * @param now - milliseconds
 * @returns false if the version was active already
 * @throws DiptychError publish_conflict when another publisher moved the pointer since
 */
export async function movePointer(
  store: ObjectStore,
  seen: SeenPointer,
  version: string,
  now: number = Date.now(),
): Promise<boolean> {
  const { collection, pointer, etag } = seen;
  if (pointer?.version === version) return false;
  const next = new TextEncoder().encode(
    JSON.stringify(nextPointer(pointer, version, new Date(now))),
  );
  const condition = etag === null ? ({ ifNone: true } as const) : { ifEtag: etag };
  if (await store.put(activeKey(collection), next, condition)) return true;
  const winner = (await readPointer(store, collection)).pointer;
  if (winner?.version === version) return false;
  throw conflict(collection, version, winner);
}

function nextPointer(before: Pointer | null, version: string, now: Date): Pointer {
  const time = now.toISOString();
  const retired = before
    ? [
        { version: before.version, until: time },
        ...(before.retired ?? []).filter((one) => ![before.version, version].includes(one.version)),
      ]
    : [];
  return {
    version,
    previous: before?.version ?? null,
    publishedAt: time,
    retired: retired.slice(0, retiredKept),
  };
}

function conflict(collection: string, version: string, winner: Pointer | null): DiptychError {
  const got = winner
    ? `another publisher made ${winner.version} active${winner.publishedAt ? ` at ${winner.publishedAt}` : ''}`
    : 'the pointer is gone';
  return new DiptychError(
    'publish_conflict',
    `collection ${collection}: cannot make ${version} active: expected the pointer as it was read, got another one: ${got}`,
    { collection, version, winner: winner?.version ?? null },
  );
}
