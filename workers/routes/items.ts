import { Hono, type Context } from 'hono';
import type { ItemInfo } from '../../src/http/api.ts';
import type { AppEnv } from '../env.ts';
import { describeItem } from '../../src/search/describe-match.ts';
import { findItem } from '../../src/search/resolve-query.ts';
import { bucketVersion } from '../stores/bucket-source.ts';
import { readSlice } from '../stores/read-slice.ts';

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

/** Send the image of an item. */
async function getItemImage(c: Context<AppEnv>, name: string, id: string): Promise<Response> {
  const opened = await c.var.items(name);
  const { version } = opened.reference;
  const { preview } = opened.items.at(findItem(opened, id));
  const { offset, length, type } = preview;
  const files = bucketVersion(c.env.ARTIFACTS, opened.manifest);
  const range = { offset, length };
  const body = await readSlice(c.env.ARTIFACTS, files, 'previews.bin', range);
  const isPinned = c.req.query('v') === version;
  return c.body(body, 200, {
    'content-type': type.startsWith('image/') ? type : 'application/octet-stream',
    'content-length': String(length),
    'cache-control': isPinned ? 'public, max-age=31536000, immutable' : 'public, max-age=60',
    // An SVG from a data set may contain scripts and links. They must not run if a user opens it.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
  });
}
