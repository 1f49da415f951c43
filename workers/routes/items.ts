import type { Context } from 'hono';
import { itemAt } from '../../src/artifact/items.ts';
import { versionKey } from '../../src/artifact/keys.ts';
import { DiptychError } from '../../src/errors.ts';
import type { AppEnv } from '../app.ts';
import { describeItem } from '../../src/search/describe-match.ts';
import { findItem } from '../../src/search/resolve-query.ts';

type ItemContext = Context<AppEnv, '/:collection/:id'>;

/** GET /v1/collections/:collection/items/:id */
export async function getItem(c: ItemContext): Promise<Response> {
  const opened = await c.var.items(c.req.param('collection'));
  return c.json(describeItem(opened, findItem(opened, c.req.param('id'))));
}

/** GET /v1/collections/:collection/items/:id/image: the image's own bytes. */
export async function getItemImage(c: ItemContext): Promise<Response> {
  const opened = await c.var.items(c.req.param('collection'));
  const { collection, version } = opened.reference;
  const { preview } = itemAt(opened.items, findItem(opened, c.req.param('id')));
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
