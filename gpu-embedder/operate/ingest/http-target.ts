import { z } from 'zod';
import { DiptychError, errorStatus, type ErrorCode } from '../../../src/errors.ts';
import type { IngestResult } from '../../../src/items/ingest/ingest-items.ts';
import { parseExactJson } from '../../../src/text/exact-json.ts';
import { realClock } from '../../common/clock.ts';
import { retryService } from '../../common/retry-service.ts';
import type { IngestTarget, ReadItem } from './ingest-source.ts';

const resultSchema = z.union([
  z.object({ id: z.string(), status: z.enum(['created', 'updated', 'unchanged']) }),
  z.object({
    id: z.string().nullable(),
    status: z.literal('failed'),
    error: z.object({ code: z.string(), message: z.string() }),
  }),
]);
const answerSchema = z.object({ results: z.array(resultSchema) });
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/**
 * Create a target that sends items to a worker.
 *
 * @param url - address of the worker
 * @param key - API key with the scope write
 */
export function httpTarget(url: string, key: string, collection: string): IngestTarget {
  const address = new URL(`/v1/collections/${encodeURIComponent(collection)}/items`, url);
  return async (items) => {
    const body = JSON.stringify({ items: items.map(withBase64) });
    const response = await askWorker(address, key, body);
    const parsed = answerSchema.safeParse(response);
    if (parsed.success) return parsed.data.results as IngestResult[];
    throw new DiptychError('store_failed', `${address.href}: expected results, got another answer`);
  };
}

/** Write an image as base64, because JSON cannot hold bytes. */
function withBase64({ image, ...item }: ReadItem): object {
  return { ...item, image: { base64: Buffer.from(image.bytes).toString('base64') } };
}

/**
 * Ask the worker, and again after a failure that may pass.
 *
 * @param body - JSON to post; without it, the address is read
 * @returns its answer, unchecked
 */
export function askWorker(address: URL, key: string, body?: string): Promise<unknown> {
  return retryService(realClock, () => ask(address, key, body));
}

async function ask(address: URL, key: string, body?: string): Promise<unknown> {
  const response = await fetch(address, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body,
  }).catch((cause: unknown) => {
    const message = `${address.href}: ${(cause as Error).message}`;
    throw new DiptychError('store_failed', message, { refused: false }, { cause });
  });
  const answer = await response
    .text()
    .then(parseExactJson)
    .catch(() => null);
  if (response.ok) return answer;
  const { code = 'store_failed', message = `status ${response.status}` } =
    errorSchema.safeParse(answer).data?.error ?? {};
  throw new DiptychError(
    code in errorStatus ? (code as ErrorCode) : 'store_failed',
    `${address.href}: ${message}`,
    // After these failures the same items are sent again, which does no harm.
    { refused: ![408, 429].includes(response.status) && response.status < 500 },
  );
}
