import { z } from 'zod';
import { DiptychError, type ErrorCode } from '../errors.ts';
import { readLimitedBody } from '../http/read-limited-body.ts';
import { limits } from '../limits.ts';
import { buildAnswerSchema, type BuildRequest, type BuildStatus } from './build-request.ts';
import type { Embedder, EmbedderModel } from './embedder.ts';
import { framesType, readEncodeAnswer, writeEncodeRequest } from './frames.ts';

export interface HttpEmbedderOptions {
  /** Of the service, e.g. `http://10.0.0.5:8788`. */
  readonly url: string;
  readonly token?: string;
  /** Hash of the model that must answer; another is refused before it works. */
  readonly model?: string;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  readonly timeoutMs?: number;
}

/** An embedder service, which builds indexes as well. */
export interface HttpEmbedder extends Embedder {
  /** Start a build, or find the one of this job. */
  startBuild(request: BuildRequest): Promise<BuildStatus>;
  buildStatus(id: string): Promise<BuildStatus>;
  cancelBuild(id: string): Promise<BuildStatus>;
}

const modelSchema = z.object({ id: z.string(), hash: z.string(), embedDim: z.int().positive() });
const healthSchema = z.object({ model: modelSchema });
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** No model has longer rows, bytes. */
const maxRowBytes = 4 * 8192;

/** Busy, stopping, or a proxy that does not reach it: another try may help. */
const worthAnotherTry: ReadonlySet<number> = new Set([408, 429, 502, 503, 504, 522, 523, 524, 530]);

/**
 * Reach an embedder service.
 *
 * Its methods throw `DiptychError`: `embedder_unavailable` (no connection, no answer in time, busy,
 * stopping) where another try may help, `model_mismatch`, else `embedder_failed`; details hold the
 * HTTP status and the service's own code.
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
      `${base}${path}: expected what an embedder answers, got another shape`,
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

/** Say in our terms why the service refused. */
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

/** What is wrong with an answer is the embedder's fault, not that of who asked. */
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
