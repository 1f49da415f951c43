import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
import { checkKey } from '../../../src/objects/check-key.ts';
import { limits } from '../../../src/limits.ts';
import { objectHeaders } from '../../../src/objects/http.ts';
import type {
  ByteRange,
  ObjectEntry,
  ObjectStore,
  PutCondition,
} from '../../../src/objects/object-store.ts';
import { realClock, type Clock } from '../../common/clock.ts';
import { retryService } from '../../common/retry-service.ts';
import { createObjectRequests, type ObjectRequests } from './object-requests.ts';

export interface HttpStoreOptions {
  /** URL of the worker: `https://diptych.example.workers.dev`. */
  readonly url: string;
  /** API key of scope admin. */
  readonly token: string;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** A larger object is sent in parts of this size. */
  readonly partBytes?: number;
}

const pageSchema = z.object({
  objects: z.array(z.object({ key: z.string(), size: z.int().min(0), uploaded: z.coerce.date() })),
  cursor: z.string().optional(),
});
const etagSchema = z.object({ etag: z.string().min(1) });
const uploadSchema = z.object({ uploadId: z.string().min(1) });

/**
 * Open the bucket of a deployed worker through its routes `/v1/objects`. A request that fails because
 * of the network or the server is made up to six times.
 *
 * @throws DiptychError invalid_option (url); each function: unauthorized, store_failed
 */
export function httpStore(options: HttpStoreOptions): ObjectStore {
  const { clock = realClock, partBytes = limits.objectPartBytes } = options;
  const requests = createObjectRequests(options);
  const retried = <T>(call: () => Promise<T>) => retryService(clock, call);

  return {
    async get(key, { range } = {}) {
      const headers = range && { range: rangeHeader(key, range) };
      return retried(async () => {
        const response = await requests.send('GET', pathOf(key), { headers });
        if (!response) return null;
        const bytes = new Uint8Array(await response.arrayBuffer());
        const expected = range?.length ?? Number(response.headers.get(objectHeaders.size));
        if (bytes.length === expected) return bytes;
        throw requests.failure(key, `expected ${expected} bytes, got ${bytes.length}`);
      });
    },
    async head(key) {
      const path = pathOf(key);
      const response = await retried(() => requests.send('HEAD', path));
      if (!response) return null;
      const size = Number(response.headers.get(objectHeaders.size));
      return { size, etag: response.headers.get(objectHeaders.etag) ?? '' };
    },
    async put(key, bytes, condition) {
      const path = pathOf(key);
      if (bytes.length <= partBytes)
        return putWhole(this, retried, requests, key, bytes, condition);
      if (condition) {
        throw new DiptychError(
          'bad_request',
          `${key}: expected at most ${partBytes} bytes in a conditional write, got ${bytes.length}`,
        );
      }
      return putParts(requests, retried, path, bytes, partBytes);
    },
    async list(prefix) {
      const entries: ObjectEntry[] = [];
      let cursor: string | undefined;
      do {
        const query = new URLSearchParams(cursor === undefined ? { prefix } : { prefix, cursor });
        const page = await retried(() => requests.json('GET', `?${query}`, pageSchema));
        entries.push(...page.objects);
        cursor = page.cursor;
      } while (cursor !== undefined);
      return entries;
    },
    async delete(key) {
      const path = pathOf(key);
      await retried(() => requests.send('DELETE', path));
    },
    close: async () => {},
  };
}

type Retried = <T>(call: () => Promise<T>) => Promise<T>;

async function putWhole(
  store: ObjectStore,
  retried: Retried,
  requests: ObjectRequests,
  key: string,
  body: Uint8Array,
  condition?: PutCondition,
): Promise<{ readonly etag: string } | null> {
  const headers = conditionHeaders(condition);
  let attempts = 0;
  try {
    return await retried(() => {
      attempts += 1;
      return requests.json('PUT', pathOf(key), etagSchema, { headers, body });
    });
  } catch (error) {
    if (!(error instanceof DiptychError) || error.code !== 'precondition_failed') throw error;
    // If the answer to the first attempt was lost, the object that it wrote refuses the second one.
    const head = attempts > 1 ? await store.head(key) : null;
    const there = head && (await store.get(key));
    return there && Buffer.from(there).equals(body) ? { etag: head.etag } : null;
  }
}

/** Send an object in parts, each with its own retries. An upload that fails is cancelled. */
async function putParts(
  requests: ObjectRequests,
  retried: Retried,
  path: string,
  bytes: Uint8Array,
  partBytes: number,
): Promise<{ readonly etag: string }> {
  const { uploadId } = await retried(() => requests.json('POST', `${path}?uploads`, uploadSchema));
  const upload = `${path}?${new URLSearchParams({ uploadId })}`;
  try {
    const parts: { partNumber: number; etag: string }[] = [];
    for (let offset = 0; offset < bytes.length; offset += partBytes) {
      const body = bytes.subarray(offset, offset + partBytes);
      const partNumber = parts.length + 1;
      const { etag } = await retried(() =>
        requests.json('PUT', `${upload}&part=${partNumber}`, etagSchema, { body }),
      );
      parts.push({ partNumber, etag });
    }
    const body = Buffer.from(JSON.stringify({ parts }));
    return await retried(() => requests.json('POST', upload, etagSchema, { body }));
  } catch (error) {
    await requests.send('DELETE', upload).catch(() => null);
    throw error;
  }
}

/** Make the path of an object, relative to `/v1/objects`. */
function pathOf(key: string): string {
  return `/${checkKey(key).split('/').map(encodeURIComponent).join('/')}`;
}

function rangeHeader(key: string, { offset, length }: ByteRange): string {
  if (length >= 1) return `bytes=${offset}-${offset + length - 1}`;
  throw new DiptychError(
    'range_not_satisfiable',
    `${key}: expected a range of at least 1 byte, got ${length}`,
  );
}

function conditionHeaders(condition?: PutCondition): Record<string, string> {
  if (!condition) return {};
  return condition.ifNone ? { 'if-none-match': '*' } : { 'if-match': `"${condition.ifEtag}"` };
}
