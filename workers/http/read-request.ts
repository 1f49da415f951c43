import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import { mediaType } from '../../src/http/media-type.ts';
import { parseJson, parseRequest } from '../../src/http/parse-request.ts';
import { readLimitedBody } from '../../src/http/read-limited-body.ts';
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

const objectSchema = z.record(z.string(), z.unknown(), 'expected a JSON object');
const bodySchema = z.looseObject(
  { image: z.string('expected base64 or a data URI as a string').nullish() },
  'expected a JSON object',
);

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
      ? await readForm(request, type)
      : kind === 'application/json' || kind === 'text/plain' || kind === ''
        ? await readFields(request)
        : null;
  if (!body) {
    throw new DiptychError(
      'bad_request',
      'content-type: expected application/json or multipart/form-data',
    );
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
  const bytes = await readLimitedBody(request, limits.jsonBytes);
  const { image, ...fields } = parseRequest(bodySchema, parseJson(bytes));
  if (image === undefined || image === null) return { fields, image: null };
  return { fields, image: decodeBase64Image(image) };
}

async function readForm(request: Request, type: string): Promise<RequestBody<Fields>> {
  const bytes = await readLimitedBody(request, limits.formBytes);
  let form: FormData;
  try {
    form = await new Response(bytes, { headers: { 'content-type': type } }).formData();
  } catch (cause) {
    throw new DiptychError('bad_request', 'body: expected a well-formed form', undefined, {
      cause,
    });
  }
  const fields: Record<string, unknown> = {};
  for (const name of new Set(form.keys())) {
    if (name === 'image') continue;
    const [first = '', ...more] = form.getAll(name).map((value) => textOf(name, value));
    if (name === 'json') {
      Object.assign(fields, parseRequest(objectSchema, parseJson(first, 'json'), 'json'));
    } else fields[name] = more.length === 0 ? first : [first, ...more];
  }
  const [image, ...more] = form.getAll('image');
  if (more.length > 0) throw new DiptychError('bad_request', 'image: expected one, got several');
  if (image === undefined) return { fields, image: null };
  return {
    fields,
    image:
      typeof image === 'string'
        ? decodeBase64Image(image)
        : new Uint8Array(await image.arrayBuffer()),
  };
}

function textOf(name: string, value: string | File): string {
  if (typeof value === 'string') return value;
  throw new DiptychError('bad_request', `${name}: expected text, got a file`);
}
