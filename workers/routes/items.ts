import { Hono, type Context } from 'hono';
import type { ItemInfo } from '../../src/api.ts';
import { itemAt } from '../../src/artifact/items.ts';
import { versionKey } from '../../src/artifact/keys.ts';
import { DiptychError } from '../../src/errors.ts';
import type { AppEnv } from '../env.ts';
import { describeItem } from '../services/describe-match.ts';
import { findItem } from '../services/resolve-query.ts';

export const items = new Hono<AppEnv>()
  .get('/v1/collections/:collection/items/:id', (c) =>
    getItem(c, c.req.param('collection'), c.req.param('id')),
  )
  .get('/v1/collections/:collection/items/:id/image', (c) =>
    getItemImage(c, c.req.param('collection'), c.req.param('id')),
  );

async function getItem(c: Context<AppEnv>, name: string, id: string) {
  const opened = await c.var.items(name);
  return c.json<ItemInfo>(describeItem(opened, findItem(opened, id)));
}

/** The image's own bytes. */
async function getItemImage(c: Context<AppEnv>, name: string, id: string): Promise<Response> {
  const opened = await c.var.items(name);
  const { collection, version } = opened.reference;
  const { preview } = itemAt(opened.items, findItem(opened, id));
  const { offset, length, type } = preview;
  const key = versionKey(collection, version, 'previews.bin');
  const object = await c.env.ARTIFACTS.get(key, { range: { offset, length } });
  if (!object) {
    throw new DiptychError('index_unreadable', `${key}: expected an object, got none`, { key });
  }
  const isPinned = c.req.query('v') === version;
  return c.body(object.body, 200, {
    'content-type': type.startsWith('image/') ? type : 'application/octet-stream',
    'content-length': String(length),
    'cache-control': isPinned ? 'public, max-age=31536000, immutable' : 'public, max-age=60',
    // An SVG from a data set may hold scripts and links: opened by itself, it may do nothing.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
  });
}
