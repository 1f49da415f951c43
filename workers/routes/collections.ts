import { Hono, type Context } from 'hono';
import type { CollectionInfo } from '../../src/http/api.ts';
import type { Description } from '../collections/collections.ts';
import type { AppEnv } from '../env.ts';

export const collections = new Hono<AppEnv>()
  .get('/v1/collections', (c) => listCollections(c))
  .get('/v1/collections/:collection', (c) => getCollection(c, c.req.param('collection')));

/** List the collections that can be searched. */
async function listCollections(c: Context<AppEnv>) {
  const { collections } = c.var;
  const found: CollectionInfo[] = [];
  for (const name of await collections.names(c.env)) {
    try {
      found.push(infoOf(await collections.describe(c.env, name)));
    } catch (error) {
      // This one is not published yet, or it is damaged: list the others.
      console.log(JSON.stringify({ collection: name, skipped: String(error) }));
    }
  }
  return c.json<{ collections: CollectionInfo[] }>({ collections: found });
}

async function getCollection(c: Context<AppEnv>, name: string) {
  return c.json<CollectionInfo>(infoOf(await c.var.collections.describe(c.env, name)));
}

function infoOf({ manifest, shown }: Description): CollectionInfo {
  const { collection, version, createdAt, model } = manifest;
  const { id, hash, embedDim, imageSize } = model;
  return {
    name: collection,
    version,
    createdAt,
    model: { id, hash, embedDim, imageSize },
    items: shown.items,
    captions: shown.captions,
  };
}
