import { z } from 'zod';
import { DiptychError, type ErrorCode } from '../errors.ts';
import { readLimitedBody } from '../http/read-limited-body.ts';
import { limits } from '../limits.ts';
import { buildAnswerSchema, type BuildRequest, type BuildStatus } from './build-request.ts';
import type { Embedder, EmbedderModel } from './embedder.ts';
import { framesType, readEncodeAnswer, writeEncodeRequest } from './frames.ts';

export interface HttpEmbedderOptions {
  /** The address of the service, for example `http://10.0.0.5:8788`. */
  readonly url: string;
  readonly token?: string;
  /** The hash of the model that must answer. A service with another model refuses to encode. */
  readonly model?: string;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  readonly timeoutMs?: number;
}

/** An embedder service. It also builds indexes. */
export interface HttpEmbedder extends Embedder {
  /** Start the build of a job, or find it if it was started before. */
  startBuild(request: BuildRequest): Promise<BuildStatus>;
  buildStatus(id: string): Promise<BuildStatus>;
  cancelBuild(id: string): Promise<BuildStatus>;
}

const modelSchema = z.object({ id: z.string(), hash: z.string(), embedDim: z.int().positive() });
const healthSchema = z.object({ model: modelSchema });
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Largest embedding, bytes: no known model has more than 8192 dimensions. */
const maxRowBytes = 4 * 8192;

/** Statuses where a later try may succeed: the service is busy or stopping, or a proxy lost it. */
const worthAnotherTry: ReadonlySet<number> = new Set([408, 429, 502, 503, 504, 522, 523, 524, 530]);

/**
 * Create a client of an embedder service.
 *
 * Its methods throw `DiptychError`. The code is `embedder_unavailable` where a later try may
 * succeed: there was no connection or no answer in time, or the service is busy or stopping.
 * Otherwise it is `model_mismatch` or `embedder_failed`. The details hold the HTTP status and the
 * code of the service.
 *
 * @example
 * const embedder = httpEmbedder({ url: 'http://10.0.0.5:8788', token: 'secret' });
 * const { embeddings, failed } = await embedder.encode([], ['a red bicycle', 'a cup of tea']);
 * // embeddings: two unit vectors of `model.embedDim` numbers, one after the other
 */
export function httpEmbedder({
  url,
  token,
  model: expected,
  fetch = globalThis.fetch,
  timeoutMs = 120_000,
}: HttpEmbedderOptions): HttpEmbedder {
  const base = url.replace(/\/+$/, '');

  async function call(path: string, init: RequestInit, maxBytes: number, signal?: AbortSignal) {
    const timeout = AbortSignal.timeout(timeoutMs);
    const headers = new Headers(init.headers);
    if (token) headers.set('authorization', `Bearer ${token}`);
    if (expected) headers.set('x-diptych-model', expected);
    try {
      const response = await fetch(`${base}${path}`, {
        ...init,
        headers,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      const body = await readLimitedBody(
        response,
        response.ok ? maxBytes : limits.embedderJsonBytes,
      );
      if (!response.ok) throw refusal(base, response, body);
      return body;
    } catch (cause) {
      if (cause instanceof DiptychError) throw blameEmbedder(base, cause);
      signal?.throwIfAborted();
      const why = timeout.aborted ? `no answer within ${timeoutMs} ms` : (cause as Error).message;
      throw new DiptychError('embedder_unavailable', `${base}${path}: ${why}`, undefined, {
        cause,
      });
    }
  }

  async function callJson<T extends z.ZodType>(path: string, init: RequestInit, schema: T) {
    const body = await call(path, init, limits.embedderJsonBytes);
    const result = schema.safeParse(parseJson(body));
    if (result.success) return result.data;
    throw new DiptychError(
      'embedder_failed',
      `${base}${path}: expected the answer of an embedder, got another shape`,
      { issues: result.error.issues.slice(0, 3).map(({ message }) => message) },
    );
  }

  const checked = (model: EmbedderModel): EmbedderModel => {
    if (expected === undefined || model.hash === expected) return model;
    throw new DiptychError(
      'model_mismatch',
      `${base}: expected model ${expected}, got ${model.hash} (${model.id})`,
    );
  };
  const build = async (path: string, init: RequestInit) =>
    (await callJson(path, init, buildAnswerSchema)).build;

  return {
    describe: async () => checked((await callJson('/healthz', {}, healthSchema)).model),
    encode: async (images, texts, signal) => {
      const rows = images.length + texts.length;
      const bytes = await call(
        '/v1/encode',
        {
          method: 'POST',
          headers: { 'content-type': framesType },
          body: writeEncodeRequest(images, texts),
        },
        limits.embedderJsonBytes + rows * maxRowBytes,
        signal,
      );
      const asked = { images: images.length, texts: texts.length };
      const answer = orBlame(base, () => readEncodeAnswer(bytes, asked));
      checked(answer.model);
      return answer;
    },
    startBuild: (request) =>
      build('/v1/build', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      }),
    buildStatus: (id) => build(`/v1/build/${encodeURIComponent(id)}`, {}),
    cancelBuild: (id) => build(`/v1/build/${encodeURIComponent(id)}`, { method: 'DELETE' }),
  };
}

/** Turn the refusal of the service into an error with one of our codes. */
function refusal(base: string, response: Response, body: Uint8Array): DiptychError {
  const { status } = response;
  const told = errorSchema.safeParse(parseJson(body)).data?.error;
  const code: ErrorCode = worthAnotherTry.has(status)
    ? 'embedder_unavailable'
    : told?.code === 'model_mismatch'
      ? 'model_mismatch'
      : 'embedder_failed';
  const retryAfter = Number(response.headers.get('retry-after') ?? NaN);
  return new DiptychError(code, `${base}: ${status} ${told?.message ?? 'without a reason'}`, {
    status,
    ...(told && { code: told.code }),
    ...(Number.isFinite(retryAfter) && { retryAfterMs: 1000 * retryAfter }),
  });
}

function orBlame<T>(base: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof DiptychError ? blameEmbedder(base, error) : error;
  }
}

/** Turn a fault in an answer into one of the embedder: the caller's request was not at fault. */
function blameEmbedder(base: string, error: DiptychError): DiptychError {
  if (error.code !== 'bad_request' && error.code !== 'payload_too_large') return error;
  return new DiptychError('embedder_failed', `${base}: ${error.message}`, undefined, {
    cause: error,
  });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
