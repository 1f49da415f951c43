import { Hono } from 'hono';
import { DiptychError } from '../../../src/errors.ts';
import { checkCoding } from '../../../src/http/check-coding.ts';
import { createAdmission } from './http/admission.ts';
import { addBuildRoutes } from './build-routes.ts';
import { createBuilds, type BuildFunction } from './builds.ts';
import { checkToken } from './http/check-token.ts';
import { directEmbedder, type DirectEmbedderOptions } from './embedder/direct-embedder.ts';
import { addEmbedRoutes } from './embed-routes.ts';
import { answerError } from './http/answer-error.ts';
import type { DirectModel } from './embedder/reproducible-model.ts';
import { logRequests, type RequestLog } from './http/request-log.ts';
import type { ServiceContext } from './service-context.ts';
import { defaultServiceLimits, type ServiceLimits } from './service-limits.ts';
import { createServiceMetrics } from './service-metrics.ts';

export interface ServiceOptions extends Pick<
  DirectEmbedderOptions,
  'maxBatch' | 'waitMs' | 'threads' | 'decodeThreads'
> {
  readonly model: DirectModel;
  /** Version of this software. */
  readonly version: string;
  /** Token that every request must carry, except /healthz; without it, no request needs one. */
  readonly token?: string;
  readonly limits?: Partial<ServiceLimits>;
  /** Without it, the service builds no index. */
  readonly build?: BuildFunction;
  readonly log?: RequestLog;
}

/** The embedder as an HTTP application. */
export interface Service {
  readonly app: Hono;
  /** Embed once, so that the first request need not wait for threads to start. */
  warm(): Promise<void>;
  /**
   * Refuse new requests and wait until those in progress are finished; a build that is still
   * running when the time is over is cancelled.
   *
   * @returns number of requests and builds that did not finish in time
   */
  drain(graceMs: number): Promise<number>;
  /** Stop the threads that decode; the model stays loaded. */
  close(): Promise<void>;
}

const smallestPicture = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';

/** Create the service over a model. */
export function createService(options: ServiceOptions): Service {
  const context = createContext(options);
  const { embedder, admission, builds } = context;
  let stopping = false;
  return {
    app: createApp(options, context, () => stopping),
    warm: async () => {
      const picture = { bytes: Buffer.from(smallestPicture), type: 'image/svg+xml' };
      await embedder.encode([picture], ['a']);
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

function createContext(options: ServiceOptions): ServiceContext {
  const { model } = options;
  const limits = { ...defaultServiceLimits, ...options.limits };
  const admission = createAdmission({ requests: limits.requests, bytes: limits.queuedBytes });
  const metrics = createServiceMetrics({
    requestsInProgress: () => admission.inProgress,
    rowsWaiting: () => embedder.waiting(),
  });
  const embedder = directEmbedder(model, { ...options, limits, onRun: metrics.run });
  return { model, limits, admission, metrics, embedder, builds: createBuilds(options.build) };
}

function createApp(
  { model, version, token, log = () => {} }: ServiceOptions,
  context: ServiceContext,
  isStopping: () => boolean,
): Hono {
  const { metrics } = context;
  const { id, hash, embedDim } = model;
  const app = new Hono();
  app.use(logRequests(log, metrics));
  app.use(async (c, next) => {
    c.header('x-content-type-options', 'nosniff');
    checkCoding(c.req.raw.headers);
    if (token !== undefined && c.req.path !== '/healthz') {
      checkToken(c.req.header('authorization'), token);
    }
    await next();
    // The server closes when its connections are closed, so clients must not keep theirs open.
    if (isStopping()) c.header('connection', 'close');
  });
  app.on('POST', '/v1/*', async (c, next) => {
    if (isStopping()) throw new DiptychError('embedder_unavailable', 'the embedder is stopping');
    const asked = c.req.header('x-diptych-model');
    if (asked !== undefined && asked !== hash) {
      throw new DiptychError('model_mismatch', `model: expected ${hash} (${id}), got ${asked}`);
    }
    await next();
  });
  addEmbedRoutes(app, context);
  addBuildRoutes(app, context);
  app.get('/healthz', (c) => {
    const status = isStopping() ? 'stopping' : 'ok';
    const health = { status, model: { id, hash, embedDim }, version };
    return c.json(health, isStopping() ? 503 : 200);
  });
  app.get('/metrics', async (c) =>
    c.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  );
  app.notFound((c) => {
    throw new DiptychError('not_found', `there is no ${c.req.method} ${c.req.path}`);
  });
  app.onError(answerError);
  return app;
}

/** @returns false if the time is over first */
async function within(done: Promise<boolean>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  return Promise.race([done, over]).finally(() => clearTimeout(timer));
}
