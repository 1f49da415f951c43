import { Hono, type Context } from 'hono';
import { z } from 'zod';
import { sortableId } from '../../src/catalogue/sortable-id.ts';
import { DiptychError } from '../../src/errors.ts';
import { badRequest } from '../../src/bad-request.ts';
import { mediaType } from '../../src/http/media-type.ts';
import { parseJson } from '../../src/http/parse-request.ts';
import { readRequestBody } from '../../src/http/read-request-body.ts';
import { createImageFetcher } from '../../src/items/ingest/allowed-urls.ts';
import {
  ingestItems,
  type Ingestion,
  type IngestResult,
} from '../../src/items/ingest/ingest-items.ts';
import { uploadPattern } from '../../src/items/ingest/item-input.ts';
import { uploadKey } from '../../src/version/keys.ts';
import { readLines } from '../../src/items/ingest/read-lines.ts';
import { limits } from '../../src/limits.ts';
import type { AppEnv } from '../env.ts';
import { readJson } from '../http/read-json.ts';
import { openCatalogue } from '../stores/open-catalogue.ts';
import { r2Objects } from '../stores/r2-objects.ts';
import { readChunks } from '../stores/read-chunks.ts';
import { requireScope } from '../http/require-scope.ts';

const write = requireScope('write');

export const ingest = new Hono<AppEnv>()
  .post('/v1/collections/:collection/items', write, (c) => postItems(c, c.req.param('collection')))
  .post('/v1/uploads', write, (c) => postUpload(c))
  .put('/v1/uploads/:id', write, (c) => putUpload(c, c.req.param('id')));

/** A stream is taken in by parts of at most this many items, or about this many bytes. */
const partItems = 100;
const partBytes = 8 * 1024 * 1024;

const batchSchema = z.strictObject({ items: z.array(z.unknown()).max(limits.batchItems) });

/** Take in a batch of items as JSON, or items as NDJSON. */
async function postItems(c: Context<AppEnv>, collection: string): Promise<Response> {
  const takeIn = openCollection(c.env, collection);
  const type = mediaType(c.req.header('content-type'));
  if (type === 'application/x-ndjson') return stream(c, takeIn);
  if (type !== 'application/json') {
    throw badRequest('content-type', 'expected application/json or application/x-ndjson');
  }
  const { items } = await readJson(c, batchSchema);
  const results = await takeIn(items);
  return c.json({ counts: countByStatus(results), results });
}

type TakeIn = (items: readonly unknown[]) => Promise<IngestResult[]>;

function openCollection(env: AppEnv['Bindings'], collection: string): TakeIn {
  const ingestion: Ingestion = {
    catalogue: openCatalogue(env),
    objects: r2Objects(env),
    fetchImage: createImageFetcher(env.IMAGE_URLS, (url, init) => fetch(url, init)),
  };
  return (items) => ingestItems(ingestion, collection, items);
}

/**
 * Answer a line for each item after it is taken in. The last line has the sums, and the error if the
 * stream could not be read or taken in to its end.
 */
function stream(c: Context<AppEnv>, takeIn: TakeIn): Response {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const write = (line: object) => writer.write(encoder.encode(`${JSON.stringify(line)}\n`));
  const counts: Record<string, number> = {};
  const work = async () => {
    try {
      for await (const part of parts(c.req.raw.body)) {
        const results = await takeIn(part);
        for (const result of results) await write(result);
        addCounts(counts, results);
      }
      await write({ counts });
    } catch (error) {
      const known =
        error instanceof DiptychError
          ? error
          : new DiptychError(
              'internal',
              'The stream broke off; the items answered before are stored.',
            );
      const { code, message, details } = known;
      await write({ error: { code, message, details }, counts });
    }
    await writer.close();
  };
  // A client that hung up reads no error. The items that it sent before are taken in.
  work().catch(() => undefined);
  return c.body(readable, 200, { 'content-type': 'application/x-ndjson' });
}

/** Cut a stream of lines into parts of bounded size, with an error in place of a line that is no JSON. */
async function* parts(body: ReadableStream | null): AsyncGenerator<unknown[]> {
  if (!body) return;
  let [part, bytes]: [unknown[], number] = [[], 0];
  const lines = readLines(readChunks(body, 256 * 1024), limits.jsonBytes);
  for await (const { number, bytes: line } of lines) {
    part.push(parseLine(number, line));
    bytes += line.length;
    if (part.length < partItems && bytes < partBytes) continue;
    yield part;
    [part, bytes] = [[], 0];
  }
  if (part.length > 0) yield part;
}

function parseLine(number: number, line: Uint8Array): unknown {
  try {
    return parseJson(line, `line ${number}`);
  } catch (error) {
    return error;
  }
}

function addCounts(counts: Record<string, number>, results: readonly IngestResult[]): void {
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
}

function countByStatus(results: readonly IngestResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  addCounts(counts, results);
  return counts;
}

/** Give an address to which the client may send the bytes of an image. */
function postUpload(c: Context<AppEnv>): Response {
  const upload = sortableId(Date.now());
  return c.json({ upload, url: new URL(`/v1/uploads/${upload}`, c.req.url).href }, 201);
}

/** Store the bytes of an image, which a later item names. */
async function putUpload(c: Context<AppEnv>, upload: string): Promise<Response> {
  if (!uploadPattern.test(upload)) throw new DiptychError('not_found', 'there is no such upload');
  const bytes = await readRequestBody(c.req.raw, limits.imageBytes);
  if (bytes.length === 0) throw new DiptychError('unreadable_image', 'body: expected bytes');
  await r2Objects(c.env).put(uploadKey(upload), bytes);
  return c.json({ upload, bytes: bytes.length });
}
