import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { collectionNameSchema } from '../src/api.ts';
import { DiptychError } from '../src/errors.ts';
import type { Env } from './env.ts';
import { captions } from './routes/captions.ts';
import { classify } from './routes/classify.ts';
import { getCollection, listCollections } from './routes/collections.ts';
import { getItem, getItemImage } from './routes/items.ts';
import { search } from './routes/search.ts';
import type { Collections } from './services/collections.ts';
import { errorAnswer } from './services/error-answer.ts';
import { logRequest } from './services/log-request.ts';
import type { Collection, CollectionItems } from '../src/search/collection.ts';

/** What handlers find in their context. */
export interface AppEnv {
  readonly Bindings: Env;
  readonly Variables: {
    collections: Collections;
    /** Opens a collection by the name in a request. */
    open: (name: string) => Promise<Collection>;
    items: (name: string) => Promise<CollectionItems>;
  };
}

/** Create the worker's HTTP application. */
export function createApp(collections: Collections): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(logRequest);
  app.use(cors({ origin: '*', allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] }));
  app.use(async (c, next) => {
    const keepAlive = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
    c.set('collections', collections);
    c.set('open', (name) => collections.open(c.env, name, keepAlive));
    c.set('items', (name) => collections.items(c.env, name, keepAlive));
    c.header('x-content-type-options', 'nosniff');
    await next();
  });
  app.use('/v1/collections/:collection/*', async (c, next) => {
    const name = c.req.param('collection');
    if (!collectionNameSchema.safeParse(name).success) {
      throw new DiptychError('unknown_collection', 'collection: there is none of that name');
    }
    await next();
  });

  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.post('/v1/search', search);
  app.post('/v1/captions', captions);
  app.post('/v1/classify', classify);
  app.get('/v1/collections', listCollections);
  app.get('/v1/collections/:collection', getCollection);
  app.get('/v1/collections/:collection/items/:id', getItem);
  app.get('/v1/collections/:collection/items/:id/image', getItemImage);

  app.notFound((c) => {
    throw new DiptychError('not_found', `there is no ${c.req.method} ${c.req.path}`);
  });
  app.onError((error, c) => {
    const { status, body } = errorAnswer(error);
    return c.body(body, status, { 'content-type': 'application/json' });
  });
  return app;
}
