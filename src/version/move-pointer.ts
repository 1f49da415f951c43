import { DiptychError } from '../errors.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { activeKey } from './keys.ts';
import { parsePointer, type Pointer } from './pointer.ts';

/** How many versions a pointer remembers that were active before. */
const retiredKept = 50;

/** The pointer of a collection as it was read. */
export interface SeenPointer {
  readonly collection: string;
  /** Null: nothing was published yet. */
  readonly pointer: Pointer | null;
  readonly etag: string | null;
}

/** Read where a collection points. @throws DiptychError index_unreadable */
export async function readPointer(store: ObjectStore, collection: string): Promise<SeenPointer> {
  const key = activeKey(collection);
  // In this order: an etag older than the content makes a later move fail, never win by mistake.
  const head = await store.head(key);
  const bytes = head && (await store.get(key));
  if (!bytes) return { collection, pointer: null, etag: null };
  const pointer = parsePointer(key, new TextDecoder().decode(bytes));
  return { collection, pointer, etag: head.etag };
}

/**
 * Move the pointer of a collection from where it was seen to a version.
 *
 * @param now - milliseconds
 * @returns false if it was there already
 * @throws DiptychError publish_conflict when another publisher moved it since
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
    `collection ${collection}: expected the pointer as it was read, to move it to ${version}, got another one: ${got}`,
    { collection, version, winner: winner?.version ?? null },
  );
}
