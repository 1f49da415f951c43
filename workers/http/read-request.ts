import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import { badRequest } from '../../src/bad-request.ts';
import { mediaType } from '../../src/http/media-type.ts';
import { parseJson, parseRequest } from '../../src/http/parse-request.ts';
import { readForm, textOf, type FormPart } from '../../src/http/read-form.ts';
import { readRequestBody } from '../../src/http/read-request-body.ts';
import { decodeBase64Image } from '../../src/image/decode-base64-image.ts';
import { limits } from '../../src/limits.ts';

type Image = Uint8Array<ArrayBuffer> | null;

/** A request body: its fields without the image, and the image's bytes. */
export interface RequestBody<Fields> {
  readonly fields: Fields;
  readonly image: Image;
}

/** What a client sends: JSON, whose `image` is base64 or a data URI, or a form, whose `image` is a file. */
interface RequestInput<S extends z.ZodType> {
  in: {
    json?: z.input<S> & { readonly image?: string };
    form?: z.input<S> & { readonly image: Blob };
  };
  out: { json: RequestBody<z.output<S>> };
}

type Fields = Readonly<Record<string, unknown>>;

/** The value as it is: z.record and z.looseObject leave out the key `__proto__` without a word. */
const objectSchema = z.custom<Fields>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected a JSON object',
);
const imageSchema = z.object({
  image: z.string('expected base64 or a data URI as a string').nullish(),
});

/**
 * Read and check a request for its handler, which takes it from `c.req.valid('json')`.
 *
 * @throws DiptychError invalid_json, bad_request, payload_too_large or unreadable_image
 */
export function readRequest<S extends z.ZodType>(
  schema: S,
): MiddlewareHandler<object, string, RequestInput<S>> {
  return async (c, next) => {
    const { fields, image } = await readBody(c.req.raw);
    c.req.addValidatedData('json', { fields: parseRequest(schema, fields), image });
    await next();
  };
}

/**
 * Read a JSON or multipart request.
 *
 * In a form, `image` is a file, `json` may hold a JSON object with the other fields, and a field
 * that occurs several times is a list.
 *
 * @throws DiptychError invalid_json, bad_request, payload_too_large or unreadable_image
 */
async function readBody(request: Request): Promise<RequestBody<Fields>> {
  const type = request.headers.get('content-type') ?? '';
  const kind = mediaType(type);
  const body =
    kind === 'multipart/form-data'
      ? await readFormBody(request, type)
      : kind === 'application/json' || kind === 'text/plain' || kind === ''
        ? await readFields(request)
        : null;
  if (!body) {
    throw badRequest('content-type', 'expected application/json or multipart/form-data');
  }
  const bytes = body.image?.byteLength;
  if (bytes === 0) throw new DiptychError('unreadable_image', 'image: expected bytes, got none');
  if (bytes !== undefined && bytes > limits.imageBytes) {
    throw new DiptychError(
      'payload_too_large',
      `image: expected at most ${limits.imageBytes} bytes, got ${bytes}`,
      { maxBytes: limits.imageBytes, got: bytes },
    );
  }
  return body;
}

async function readFields(request: Request): Promise<RequestBody<Fields>> {
  const bytes = await readRequestBody(request, limits.jsonBytes);
  const body = parseRequest(objectSchema, parseJson(bytes, 'body', limits.queryValues));
  const { image: given, ...fields } = body;
  const { image } = parseRequest(imageSchema, { image: given });
  if (image === undefined || image === null) return { fields, image: null };
  return { fields, image: decodeBase64Image(image) };
}

async function readFormBody(request: Request, type: string): Promise<RequestBody<Fields>> {
  const parts = new Map<string, [FormPart, ...FormPart[]]>();
  for (const part of readForm(await readRequestBody(request, limits.formBytes), type)) {
    const same = parts.get(part.name);
    if (same) same.push(part);
    else parts.set(part.name, [part]);
  }
  let image: Image = null;
  // A map and not an object: a field may be named `__proto__`, which the schema refuses.
  const fields = new Map<string, unknown>();
  for (const [name, [first, ...more]] of parts) {
    const isSingle = name === 'image' || name === 'json';
    if (isSingle && more.length > 0) throw badRequest(name, 'expected one, got several');
    if (name === 'image') {
      image = first.isFile ? first.bytes.slice() : decodeBase64Image(textOf(first));
    } else if (name === 'json') {
      const json = parseJson(textOf(first), 'json', limits.queryValues);
      const inner = parseRequest(objectSchema, json, 'json');
      for (const [key, value] of Object.entries(inner)) fields.set(key, value);
    } else {
      fields.set(name, more.length === 0 ? textOf(first) : [first, ...more].map(textOf));
    }
  }
  return { fields: Object.fromEntries(fields), image };
}
