import { Hono, type Context } from 'hono';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import { badRequest } from '../../src/bad-request.ts';
import { limits } from '../../src/limits.ts';
import { bucketCondition } from '../../src/objects/bucket-store.ts';
import { checkKey } from '../../src/objects/check-key.ts';
import { checkRange } from '../../src/objects/check-range.ts';
import type { ByteRange, PutCondition } from '../../src/objects/object-store.ts';
import { objectHeaders } from '../../src/objects/http.ts';
import type { AppEnv } from '../env.ts';
import { readJson } from '../http/read-json.ts';
import { readQuery } from '../http/read-query.ts';
import { sendBody } from '../http/send-body.ts';
import { objectBucket } from '../stores/r2-objects.ts';
import { requireScope } from '../http/require-scope.ts';

type ObjectContext = Context<AppEnv>;

export const objects = new Hono<AppEnv>()
  .use('/v1/objects/*', async (c, next) => {
    c.header(objectHeaders.served, '1');
    await next();
  })
  .use('/v1/objects/*', requireScope('admin'))
  .get('/v1/objects', (c) => listObjects(c))
  .get('/v1/objects/*', (c) => readObject(c))
  .put('/v1/objects/*', (c) => putObject(c))
  .post('/v1/objects/*', (c) => uploadInParts(c))
  .delete('/v1/objects/*', (c) => deleteObject(c));

const partSchema = z.strictObject({
  partNumber: z.int().min(1).max(10_000),
  etag: z.string().min(1),
});
const partsSchema = z.strictObject({ parts: z.array(partSchema).min(1).max(10_000) });
const uploadId = z.string().min(1);
const listQuerySchema = z.strictObject({
  prefix: z.string().default(''),
  cursor: z.string().optional(),
});
const putQuerySchema = z
  .strictObject({
    uploadId: uploadId.optional(),
    part: z.coerce.number().int().min(1).max(10_000).optional(),
  })
  .refine((query) => (query.uploadId === undefined) === (query.part === undefined), {
    message: 'expected uploadId and part together',
    path: ['part'],
  });
const partsQuerySchema = z
  .strictObject({ uploads: z.string().optional(), uploadId: uploadId.optional() })
  .refine(
    (query) => (query.uploads === undefined) !== (query.uploadId === undefined),
    'expected either uploads or uploadId',
  );
const deleteQuerySchema = z.strictObject({ uploadId: uploadId.optional() });

/** List a page of keys: `?prefix=…&cursor=…`. */
async function listObjects(c: ObjectContext): Promise<Response> {
  const { prefix, cursor } = readQuery(c, listQuerySchema);
  const page = await objectBucket(c.env).list(cursor ? { prefix, cursor } : { prefix });
  const objects = page.objects.map(({ key, size, uploaded }) => ({ key, size, uploaded }));
  return c.json({ objects, ...(page.truncated && { cursor: page.cursor }) });
}

/** Send an object or a range of it. HEAD requests come here too. */
async function readObject(c: ObjectContext): Promise<Response> {
  const key = keyOf(c);
  const bucket = objectBucket(c.env);
  const head = await bucket.head(key);
  if (!head) throw missing(key);
  if (c.req.method === 'HEAD') return c.body(null, 200, headersOf(head));
  const range = parseRange(c.req.header('range'));
  if (range) checkRange(key, range, head.size);
  const object = await bucket.get(key, range && { range });
  if (!object) throw missing(key);
  const headers = { ...headersOf(object), 'content-type': 'application/octet-stream' };
  if (!range) return c.body(object.body, 200, headers);
  const { offset, length } = range;
  return c.body(object.body, 206, {
    ...headers,
    'content-range': `bytes ${offset}-${offset + length - 1}/${object.size}`,
  });
}

/** Write an object if its condition holds (`If-Match`, `If-None-Match: *`), or a part of an upload. */
async function putObject(c: ObjectContext): Promise<Response> {
  const key = keyOf(c);
  const bucket = objectBucket(c.env);
  const { uploadId, part } = readQuery(c, putQuerySchema);
  const body = bodyOf(c);
  if (uploadId !== undefined && part !== undefined) {
    if (!body) throw badRequest('', 'body: expected a part, got none');
    const upload = bucket.resumeMultipartUpload(key, uploadId);
    const sent = sendBody(body.stream, body.length, (stream) => upload.uploadPart(part, stream));
    const { etag } = await ofUpload(key, sent);
    return c.json({ partNumber: part, etag });
  }
  const condition = parseCondition(c);
  const options = condition && { onlyIf: bucketCondition(condition) };
  const written = body
    ? await sendBody(body.stream, body.length, (stream) => bucket.put(key, stream, options))
    : await bucket.put(key, new Uint8Array(), options);
  if (!written)
    throw new DiptychError('precondition_failed', `${key}: the condition does not hold`);
  return c.json({ etag: written.etag });
}

/** With `?uploads`, begin an upload in parts; with `?uploadId` and the parts, end it. */
async function uploadInParts(c: ObjectContext): Promise<Response> {
  const key = keyOf(c);
  const bucket = objectBucket(c.env);
  const { uploadId } = readQuery(c, partsQuerySchema);
  if (uploadId === undefined) {
    return c.json({ uploadId: (await bucket.createMultipartUpload(key)).uploadId });
  }
  const { parts } = await readJson(c, partsSchema, { maxBytes: limits.partListBytes });
  const upload = bucket.resumeMultipartUpload(key, uploadId);
  const { etag } = await ofUpload(key, upload.complete(parts));
  return c.json({ etag });
}

/**
 * Await what R2 answers to a part or to the end of an upload.
 *
 * @throws DiptychError not_found - R2 knows no such upload
 */
async function ofUpload<T>(key: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    // R2 tells its errors apart by this number alone.
    if (!String(cause).includes('(10024)')) throw cause;
    throw new DiptychError('not_found', `${key}: there is no such upload`, undefined, { cause });
  }
}

/** Delete an object, or abort an upload in parts. */
async function deleteObject(c: ObjectContext): Promise<Response> {
  const key = keyOf(c);
  const { uploadId } = readQuery(c, deleteQuerySchema);
  if (uploadId === undefined) await objectBucket(c.env).delete(key);
  else await objectBucket(c.env).resumeMultipartUpload(key, uploadId).abort();
  return c.body(null, 204);
}

/** Decode the key from the path as it was sent: a key may contain any character. */
function keyOf(c: ObjectContext): string {
  const { pathname } = new URL(c.req.url);
  const coded = pathname.slice(pathname.indexOf('/objects/') + '/objects/'.length);
  try {
    return checkKey(decodeURIComponent(coded));
  } catch (cause) {
    if (cause instanceof DiptychError) throw cause;
    throw badRequest('key', `expected percent-encoded UTF-8, got ${coded}`);
  }
}

/** The body and its length; null if it is empty. */
function bodyOf(c: ObjectContext): { stream: ReadableStream; length: number } | null {
  const declared = c.req.header('content-length');
  const [length, most] = [Number(declared), limits.objectBytes];
  if (declared === undefined || !Number.isInteger(length)) {
    throw badRequest('content-length', 'expected the length of the body');
  }
  const stream = c.req.raw.body;
  if (length <= most) return length === 0 || !stream ? null : { stream, length };
  throw new DiptychError(
    'payload_too_large',
    `body: expected at most ${most} bytes, got ${length}: send it in parts`,
    { maxBytes: most, got: length },
  );
}

function parseRange(header: string | undefined): ByteRange | undefined {
  if (header === undefined) return undefined;
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  if (first !== undefined)
    return { offset: Number(first), length: Number(last) - Number(first) + 1 };
  throw badRequest('range', `expected bytes=FIRST-LAST, got ${header}`);
}

function parseCondition(c: ObjectContext): PutCondition | undefined {
  const [match, noneMatch] = [c.req.header('if-match'), c.req.header('if-none-match')];
  if (noneMatch !== undefined) {
    if (noneMatch === '*' && match === undefined) return { ifNone: true };
    throw badRequest('if-none-match', 'expected *, and no if-match');
  }
  if (match === undefined) return undefined;
  const [, ifEtag] = /^"([^"]+)"$/.exec(match) ?? [];
  if (ifEtag !== undefined) return { ifEtag };
  throw badRequest('if-match', `expected one etag in quotes, got ${match}`);
}

/** Send size and etag in headers of our own too: a proxy that compresses changes the usual ones. */
function headersOf({ size, etag }: { readonly size: number; readonly etag: string }) {
  return {
    etag: `"${etag}"`,
    [objectHeaders.etag]: etag,
    [objectHeaders.size]: String(size),
    'cache-control': 'no-store',
  };
}

function missing(key: string): DiptychError {
  return new DiptychError('not_found', `${key}: there is no such object`);
}
