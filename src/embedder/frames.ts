/*
 * The format between a worker and an embedder. A request is one frame, and so is its answer.
 *
 *   offset       bytes
 *   0            u32 LE: length of the header, h
 *   4            h        JSON in UTF-8
 *   4 + h        …        request: the images, one after the other
 *                         answer:  float32 LE [images + texts, embedDim]
 */
import { z } from 'zod';
import { badRequest } from '../bad-request.ts';
import { DiptychError } from '../errors.ts';
import { checkJsonSize } from '../http/check-json-size.ts';
import { issuesOf } from '../http/request-issues.ts';
import type { EncodeAnswer, EncodedImage } from './embedder.ts';

export const framesType = 'application/x-diptych-frames';

/** The largest numbers of inputs in a request. */
export interface FrameLimits {
  readonly images: number;
  readonly texts: number;
}

export interface EncodeRequest {
  /** Their bytes are views of the frame, not copies. */
  readonly images: readonly EncodedImage[];
  readonly texts: readonly string[];
}

const maxHeaderBytes = 32 * 1024 * 1024;
/** A request has at most some thousand inputs, with few values each. */
const maxHeaderValues = 100_000;
const maxEmbedDim = 65_536;

const index = z.int().min(0);

const requestHeaderSchema = z.strictObject({
  images: z.array(z.strictObject({ length: index, type: z.string().max(200) })),
  texts: z.array(z.string()),
});

/** Not strict, because a newer embedder may send more fields. */
const answerHeaderSchema = z.object({
  model: z.object({
    id: z.string().min(1),
    hash: z.string().min(1),
    embedDim: z.int().min(1).max(maxEmbedDim),
  }),
  failed: z.array(
    z.object({ kind: z.enum(['image', 'text']), index, code: z.string(), message: z.string() }),
  ),
});

/** Write a request. */
export function writeEncodeRequest(
  images: readonly EncodedImage[],
  texts: readonly string[],
): Uint8Array<ArrayBuffer> {
  const header = {
    images: images.map(({ bytes, type }) => ({ length: bytes.byteLength, type })),
    texts,
  };
  return writeFrame(
    header,
    images.map(({ bytes }) => bytes),
  );
}

/**
 * Read a request.
 *
 * @throws DiptychError bad_request; payload_too_large for more images or texts than allowed
 */
export function readEncodeRequest(bytes: Uint8Array, limits: FrameLimits): EncodeRequest {
  const frame = readFrame(bytes, requestHeaderSchema, 'request');
  const { images, texts } = frame.header;
  checkCount('images', images.length, limits.images);
  checkCount('texts', texts.length, limits.texts);
  const expected = images.reduce((sum, { length }) => sum + length, 0);
  checkLength('request: images', expected, frame.rest.byteLength);
  let at = 0;
  return {
    texts,
    images: images.map(({ length, type }) => {
      at += length;
      return { bytes: frame.rest.subarray(at - length, at), type };
    }),
  };
}

/** Write an answer. */
export function writeEncodeAnswer({
  embeddings,
  failed,
  model,
}: EncodeAnswer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = embeddings;
  const { id, hash, embedDim } = model;
  const header = { model: { id, hash, embedDim }, failed };
  return writeFrame(header, [new Uint8Array(buffer, byteOffset, byteLength)]);
}

/**
 * Read an answer.
 *
 * @param asked - how many images and texts the request had
 * @throws DiptychError bad_request
 */
export function readEncodeAnswer(bytes: Uint8Array, asked: FrameLimits): EncodeAnswer {
  const { header, rest } = readFrame(bytes, answerHeaderSchema, 'answer');
  const rows = asked.images + asked.texts;
  checkLength('answer: embeddings', 4 * rows * header.model.embedDim, rest.byteLength);
  for (const { kind, index } of header.failed) {
    const count = kind === 'image' ? asked.images : asked.texts;
    if (index < count) continue;
    throw refuse(`answer: failed: expected an index of ${count} ${kind}s, got ${index}`);
  }
  // The bytes are copied, because the numbers may not be aligned within the frame.
  const embeddings = new Float32Array(new Uint8Array(rest).buffer);
  if (!embeddings.every(Number.isFinite)) {
    throw refuse('answer: embeddings: expected finite numbers, got another');
  }
  return { embeddings, ...header };
}

function writeFrame(header: object, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const size = parts.reduce((sum, part) => sum + part.byteLength, 4 + json.byteLength);
  const frame = new Uint8Array(size);
  new DataView(frame.buffer).setUint32(0, json.byteLength, true);
  let at = 4;
  for (const part of [json, ...parts]) {
    frame.set(part, at);
    at += part.byteLength;
  }
  return frame;
}

function readFrame<T extends z.ZodType>(
  bytes: Uint8Array,
  schema: T,
  what: string,
): { readonly header: z.output<T>; readonly rest: Uint8Array } {
  if (bytes.byteLength < 4) {
    throw refuse(`${what}: expected at least 4 bytes, got ${bytes.byteLength}`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const most = Math.min(maxHeaderBytes, bytes.byteLength - 4);
  if (length > most)
    throw refuse(`${what}: expected a header of at most ${most} bytes, got ${length}`);
  const result = schema.safeParse(parseJson(bytes.subarray(4, 4 + length), what));
  if (!result.success) {
    const issues = issuesOf(result.error);
    const [{ field, message }] = issues;
    const text = `${what}: ${field === '' ? '' : `${field}: `}${message}`;
    throw new DiptychError('bad_request', text, { issues });
  }
  return { header: result.data, rest: bytes.subarray(4 + length) };
}

function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    checkJsonSize(text, what, maxHeaderValues);
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof DiptychError) throw cause;
    throw refuse(`${what}: expected a header of JSON in UTF-8, got something else`, cause);
  }
}

function checkCount(what: string, got: number, most: number): void {
  if (got <= most) return;
  throw new DiptychError(
    'payload_too_large',
    `request: ${what}: expected at most ${most}, got ${got}`,
  );
}

function checkLength(what: string, expected: number, got: number): void {
  if (got !== expected) throw refuse(`${what}: expected ${expected} bytes, got ${got}`);
}

const refuse = (message: string, cause?: unknown) => badRequest('', message, cause);
