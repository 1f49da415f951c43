import type { Context } from 'hono';
import type { CollectionInfo } from '../../src/api.ts';
import type { Manifest } from '../../src/artifact/manifest.ts';
import type { AppEnv } from '../app.ts';

/** GET /v1/collections: those that can be searched. */
export async function listCollections(c: Context<AppEnv>): Promise<Response> {
  const { collections } = c.var;
  const found: CollectionInfo[] = [];
  for (const name of await collections.names(c.env)) {
    try {
      found.push(infoOf(await collections.describe(c.env, name)));
    } catch (error) {
      // Not published yet, or damaged: the others can be searched all the same.
      console.log(JSON.stringify({ collection: name, skipped: String(error) }));
    }
  }
  return c.json({ collections: found });
}

/** GET /v1/collections/:collection */
export async function getCollection(c: Context<AppEnv, '/:collection'>): Promise<Response> {
  const manifest = await c.var.collections.describe(c.env, c.req.param('collection'));
  return c.json(infoOf(manifest));
}

function infoOf({ collection, version, createdAt, model, counts }: Manifest): CollectionInfo {
  const { id, hash, embedDim, imageSize } = model;
  return {
    name: collection,
    version,
    createdAt,
    model: { id, hash, embedDim, imageSize },
    items: counts.items,
    captions: counts.captions,
  };
}
