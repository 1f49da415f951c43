import { DiptychError } from '../../src/errors.ts';
import { readLimitedBody } from '../../src/http/read-limited-body.ts';
import { decodeBase64Image } from '../../src/image/decode-base64-image.ts';
import { limits } from '../../src/limits.ts';

/** A request body: its fields without the image, and the image's bytes. */
export interface RequestBody {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly image: Uint8Array<ArrayBuffer> | null;
}

/**
 * Read a JSON or multipart request.
 *
 * In a form, `image` is a file, `json` may hold a JSON object with the other fields, and a field
 * that occurs several times is a list.
 *
 * @throws DiptychError invalid_json, bad_request, payload_too_large or unreadable_image
 */
export async function readRequest(request: Request): Promise<RequestBody> {
  const type = request.headers.get('content-type') ?? '';
  const kind = type.split(';')[0].trim().toLowerCase();
  const body =
    kind === 'multipart/form-data'
      ? await readForm(request, type)
      : kind === 'application/json' || kind === 'text/plain' || kind === ''
        ? await readJson(request)
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

async function readJson(request: Request): Promise<RequestBody> {
  const bytes = await readLimitedBody(request, limits.jsonBytes);
  const { image, ...fields } = parseObject(new TextDecoder().decode(bytes), 'body');
  if (image === undefined || image === null) return { fields, image: null };
  if (typeof image !== 'string') {
    throw new DiptychError('bad_request', 'image: expected base64 or a data URI as a string');
  }
  return { fields, image: decodeBase64Image(image) };
}

async function readForm(request: Request, type: string): Promise<RequestBody> {
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
    const values = form.getAll(name).map((value) => textOf(name, value));
    if (name === 'json') Object.assign(fields, parseObject(values[0], 'json'));
    else fields[name] = values.length === 1 ? values[0] : values;
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

function parseObject(json: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new DiptychError('invalid_json', `${where}: expected JSON`, undefined, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DiptychError('bad_request', `${where}: expected a JSON object`);
  }
  return value as Record<string, unknown>;
}
