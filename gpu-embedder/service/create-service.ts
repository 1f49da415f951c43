import { Hono, type Context } from 'hono';
import { buildRequestSchema } from '../../src/embedder/build-request.ts';
import type { EncodedImage } from '../../src/embedder/embedder.ts';
import { framesType, readEncodeRequest, writeEncodeAnswer } from '../../src/embedder/frames.ts';
import { DiptychError } from '../../src/errors.ts';
import { readLimitedBody } from '../../src/http/read-limited-body.ts';
import { createAdmission } from './admission.ts';
import { answerEmbeddings } from './answer-embeddings.ts';
import { createBuilds, type BuildFunction } from './builds.ts';
import { checkToken } from './check-token.ts';
import { directEmbedder, type DirectEmbedderOptions } from './direct-embedder.ts';
import { errorAnswer } from './error-answer.ts';
import type { DirectModel } from './reproducible-model.ts';
import { parseRequest } from './parse-request.ts';
import { logRequests, type RequestLog } from './request-log.ts';
import { defaultServiceLimits, type ServiceLimits } from './service-limits.ts';
import { createServiceMetrics } from './service-metrics.ts';

export interface ServiceOptions extends Pick<
  DirectEmbedderOptions,
  'maxBatch' | 'waitMs' | 'threads' | 'decodeThreads'
> {
  readonly model: DirectModel;
  /** Of this software. */
  readonly version: string;
  /** Asked of every request but /healthz; absent: nobody is asked. */
  readonly token?: string;
  readonly limits?: Partial<ServiceLimits>;
  readonly build?: BuildFunction;
  readonly log?: RequestLog;
}

/** The embedder as an HTTP application. */
export interface Service {
  readonly app: Hono;
  /** Start what the first request would wait for. */
  warm(): Promise<void>;
  /**
   * Take nothing new and finish what was taken.
   *
   * @returns requests and builds that were not finished in time
   */
  drain(graceMs: number): Promise<number>;
  /** Stop the threads that decode; the model stays. */
  close(): Promise<void>;
}

/** Create the service over a model. */
export function createService(options: ServiceOptions): Service {
  const { model, version, token, log = () => {} } = options;
  const limits = { ...defaultServiceLimits, ...options.limits };
  const admission = createAdmission({ requests: limits.requests, bytes: limits.queuedBytes });
  const builds = createBuilds(options.build);
  const metrics = createServiceMetrics({
    requestsInProgress: () => admission.inProgress,
    rowsWaiting: () => embedder.waiting(),
  });
  const embedder = directEmbedder(model, { ...options, limits, onRun: metrics.run });
  const { id, hash, embedDim } = model;
  let stopping = false;

  const app = new Hono();
  app.use(logRequests(log, metrics));
  app.use(async (c, next) => {
    c.header('x-content-type-options', 'nosniff');
    if (token !== undefined && c.req.path !== '/healthz') {
      checkToken(c.req.header('authorization'), token);
    }
    await next();
  });
  app.on('POST', '/v1/*', async (c, next) => {
    if (stopping) throw new DiptychError('embedder_unavailable', 'the embedder is stopping');
    const asked = c.req.header('x-diptych-model');
    if (asked !== undefined && asked !== hash) {
      throw new DiptychError('model_mismatch', `model: expected ${hash} (${id}), got ${asked}`);
    }
    await next();
  });

  /** Read the body, work on it and count what comes out, within what is admitted at a time. */
  async function admitted<R>(c: Context, type: string, work: (body: Uint8Array) => Promise<R>) {
    checkType(c, type);
    const declared = Number(c.req.header('content-length') ?? limits.bodyBytes);
    const leave = admission.enter(Math.min(declared, limits.bodyBytes));
    try {
      return await work(await readLimitedBody(c.req.raw, limits.bodyBytes));
    } catch (cause) {
      if (!c.req.raw.signal.aborted) throw cause;
      throw new DiptychError('bad_request', 'the client went away', undefined, { cause });
    } finally {
      leave();
    }
  }

  async function embed(c: Context, images: readonly EncodedImage[], texts: readonly string[]) {
    c.set('counts', { images: images.length, texts: texts.length });
    const answer = await embedder.encode(images, texts, c.req.raw.signal);
    for (const [kind, inputs] of [
      ['image', images],
      ['text', texts],
    ] as const) {
      const failed = answer.failed.filter((failure) => failure.kind === kind).length;
      metrics.items(kind, 'failed', failed);
      metrics.items(kind, 'encoded', inputs.length - failed);
    }
    return answer;
  }

  app.post('/v1/encode', (c) =>
    admitted(c, framesType, async (body) => {
      const { images, texts } = readEncodeRequest(body, limits);
      const answer = await embed(c, images, texts);
      return c.body(writeEncodeAnswer(answer), 200, { 'content-type': framesType });
    }),
  );
  app.post('/v1/embeddings', (c) =>
    admitted(c, 'application/json', async (body) =>
      c.json(
        await answerEmbeddings(body, model, limits, ({ images, texts }) => embed(c, images, texts)),
      ),
    ),
  );
  app.post('/v1/build', (c) =>
    admitted(c, 'application/json', async (body) =>
      c.json({ build: builds.start(parseRequest(buildRequestSchema, body)) }, 202),
    ),
  );
  app.get('/v1/build/:id', (c) => c.json({ build: builds.status(c.req.param('id')) }));
  app.delete('/v1/build/:id', (c) => c.json({ build: builds.cancel(c.req.param('id')) }, 202));
  app.get('/healthz', (c) => {
    const about = { model: { id, hash, embedDim }, version };
    return stopping
      ? c.json({ status: 'stopping', ...about }, 503)
      : c.json({ status: 'ok', ...about });
  });
  app.get('/metrics', async (c) =>
    c.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  );
  app.notFound((c) => {
    throw new DiptychError('not_found', `there is no ${c.req.method} ${c.req.path}`);
  });
  app.onError(errorAnswer);

  return {
    app,
    warm: async () => {
      const bytes = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>');
      await embedder.encode([{ bytes, type: 'image/svg+xml' }], ['a']);
    },
    drain: async (graceMs) => {
      stopping = true;
      const done = Promise.all([admission.idle(), builds.idle()]).then(() => true);
      if (await within(done, graceMs)) return 0;
      const unfinished = admission.inProgress + (builds.isRunning() ? 1 : 0);
      builds.stop();
      return unfinished;
    },
    close: () => embedder.close(),
  };
}

function checkType(c: Context, expected: string): void {
  const type = c.req.header('content-type')?.split(';')[0].trim().toLowerCase();
  if (type === expected) return;
  throw new DiptychError(
    'bad_request',
    `content-type: expected ${expected}, got ${type ?? 'none'}`,
  );
}

/** @returns false where the time was over first */
async function within(done: Promise<boolean>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  return Promise.race([done, over]).finally(() => clearTimeout(timer));
}
