import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { defaults } from '../src/config.ts';
import { DiptychError } from '../src/errors.ts';
import { checkCoding } from '../src/http/check-coding.ts';
import { collectionNameSchema } from '../src/version/collection-name.ts';
import type { AppEnv } from './env.ts';
import { captions } from './routes/captions.ts';
import { classify } from './routes/classify.ts';
import { collections as collectionRoutes } from './routes/collections.ts';
import { items } from './routes/items.ts';
import { search } from './routes/search.ts';
import type { Collections } from './collections/collections.ts';
import { errorAnswer } from './http/error-answer.ts';
import { logRequest } from './http/log-request.ts';
import { startTimer } from './http/timer.ts';

const publicRoutes = new Hono<AppEnv>()
  .get('/healthz', (c) => c.json({ status: 'ok' }))
  .route('/', search)
  .route('/', captions)
  .route('/', classify)
  .route('/', collectionRoutes)
  .route('/', items);

/** The routes that anyone may call, as a type for typed clients (`hc`). */
export type PublicRoutes = typeof publicRoutes;

/**
 * Create the worker's HTTP application with its public routes; `addManagement` adds those that need
 * a key.
 *
 * @param defaultCollection - the collection of requests that name none
 * @param options.tellsFaults - whether answers name the damaged file of a collection that cannot be
 *   read: in a static site, where all files are public and there is no log
 * @example
 * ```ts
 * const app = createApp(createCollections(kernels), 'pictograms');
 * const response = await app.request(
 *   '/v1/search',
 *   { method: 'POST', body: JSON.stringify({ text: 'birthday cake' }) },
 *   { ARTIFACTS, IMAGES },
 *   executionContext,
 * );
 * const { matches } = (await response.json()) as SearchResponse;
 * ```
 */
export function createApp(
  collections: Collections,
  defaultCollection: string = defaults.collection,
  { tellsFaults = false } = {},
): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(logRequest);
  app.use(cors({ origin: '*', allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] }));
  app.use(async (c, next) => {
    checkCoding(c.req.raw.headers);
    await next();
  });
  app.use(async (c, next) => {
    const keepAlive = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
    c.set('timer', startTimer());
    c.set('collections', collections);
    c.set('open', (name = defaultCollection) => collections.open(c.env, name, keepAlive));
    c.set('items', (name) => collections.items(c.env, name, keepAlive));
    c.header('x-content-type-options', 'nosniff');
    await next();
  });
  app.use('/v1/collections/:collection/*', async (c, next) => {
    const { error } = collectionNameSchema.safeParse(c.req.param('collection'));
    const [issue] = error?.issues ?? [];
    if (issue) throw new DiptychError('unknown_collection', `collection: ${issue.message}`);
    await next();
  });
  app.route('/', publicRoutes);
  app.notFound((c) => {
    throw new DiptychError('not_found', `there is no ${c.req.method} ${c.req.path}`);
  });
  app.onError((error, c) => {
    const { status, body } = errorAnswer(error, tellsFaults);
    // Hono does not know 499, the status that servers log where a client hung up.
    return c.body(body, status as ContentfulStatusCode, { 'content-type': 'application/json' });
  });
  return app;
}
