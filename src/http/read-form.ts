import { DiptychError } from '../errors.ts';
import { limits } from '../limits.ts';
import { badRequest } from '../bad-request.ts';

/** A field of a form: a text, or the bytes of a file. */
export interface FormPart {
  readonly name: string;
  /** A view of the body, not a copy. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isFile: boolean;
}

/** The head of a part names its field and its file; browsers write two lines. */
const maxHeadBytes = 4096;
const headEnd = ascii('\r\n\r\n');
const [dash, space, tab] = [0x2d, 0x20, 0x09];

/**
 * Cut a form (`multipart/form-data`, RFC 7578) into its parts, in one pass. The parts are counted
 * while they are cut, so that a body of many parts is refused before it costs anything.
 *
 * @param contentType - the header, which names the boundary
 * @throws DiptychError bad_request, payload_too_large
 */
export function readForm(bytes: Uint8Array<ArrayBuffer>, contentType: string): FormPart[] {
  const delimiter = ascii(`\r\n--${boundaryOf(contentType)}`);
  const parts: FormPart[] = [];
  // The first delimiter may stand at the very beginning, without a line before it.
  const isFirst = startsWith(bytes, delimiter.subarray(2), 0);
  let at = isFirst ? delimiter.length - 2 : after(bytes, delimiter, 0);
  while (!(bytes[at] === dash && bytes[at + 1] === dash)) {
    if (parts.length === limits.formParts) {
      throw new DiptychError(
        'payload_too_large',
        `body: expected a form of at most ${limits.formParts} parts, got more`,
        { parts: limits.formParts },
      );
    }
    while (bytes[at] === space || bytes[at] === tab) at += 1;
    const head = bytes.subarray(at, at + maxHeadBytes);
    const headBytes = indexOf(head, headEnd, 0);
    if (headBytes < 0) throw malformed(`a part whose head ends within ${maxHeadBytes} bytes`);
    const start = at + headBytes + headEnd.length;
    // The line that ends the head may be the one before the delimiter: then the part is empty.
    at = after(bytes, delimiter, start - 2);
    const end = Math.max(start, at - delimiter.length);
    const named = parseHead(decode(head.subarray(0, headBytes), ''));
    parts.push({ ...named, bytes: bytes.subarray(start, end) });
  }
  return parts;
}

function boundaryOf(contentType: string): string {
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain ?? '';
  if (/^[\x20-\x7e]{1,70}$/.test(boundary)) return boundary;
  throw badRequest('content-type', 'expected a boundary of 1 to 70 characters');
}

/** Browsers write a quote in a name as %22, curl writes it as \". */
function parseHead(head: string): Pick<FormPart, 'name' | 'isFile'> {
  const [, disposition] =
    /(?:^|\r\n)content-disposition:\s*form-data\s*(;[^\r\n]*)/i.exec(head) ?? [];
  const parameter = /;\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g;
  const found = new Map<string, string>();
  for (const [, key = '', quoted, plain = ''] of disposition?.matchAll(parameter) ?? []) {
    found.set(key.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain);
  }
  const name = found.get('name');
  if (name === undefined) throw malformed('parts with "content-disposition: form-data; name=…"');
  return {
    name: name.replace(/%22/g, '"').replace(/%0D%0A/gi, '\r\n'),
    isFile: found.has('filename') || found.has('filename*'),
  };
}

/** Find where the next delimiter ends. */
function after(bytes: Uint8Array, delimiter: Uint8Array, from: number): number {
  const at = indexOf(bytes, delimiter, from);
  if (at < 0) throw malformed('its closing boundary');
  return at + delimiter.length;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0]!;
  let at = bytes.indexOf(first, from);
  while (at >= 0 && !startsWith(bytes, wanted, at)) at = bytes.indexOf(first, at + 1);
  return at;
}

function startsWith(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  return wanted.every((byte, i) => bytes[at + i] === byte);
}

function malformed(expected: string): DiptychError {
  return badRequest('', `body: expected a well-formed form: ${expected}`);
}

/** Read the text of a part. @throws DiptychError bad_request */
export function textOf({ name, bytes, isFile }: FormPart): string {
  if (!isFile) return decode(bytes, name);
  throw badRequest(name, 'expected text, got a file');
}

function decode(bytes: Uint8Array, field: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw badRequest(field, 'expected text in UTF-8, got other bytes', cause);
  }
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
