import type { Context } from 'hono';
import { itemAt } from '../../src/artifact/items.ts';
import type { AppEnv } from '../app.ts';
import { describeItem } from '../../src/search/describe-match.ts';
import { findItem } from '../../src/search/resolve-query.ts';
import { bucketVersion } from '../stores/bucket-version.ts';
import { readSlice } from '../stores/read-slice.ts';

type ItemContext = Context<AppEnv, '/:collection/:id'>;

/** GET /v1/collections/:collection/items/:id */
export async function getItem(c: ItemContext): Promise<Response> {
  const opened = await c.var.items(c.req.param('collection'));
  return c.json(describeItem(opened, findItem(opened, c.req.param('id'))));
}

/** GET /v1/collections/:collection/items/:id/image: the image's own bytes. */
export async function getItemImage(c: ItemContext): Promise<Response> {
  const opened = await c.var.items(c.req.param('collection'));
  const { version } = opened.reference;
  const { preview } = itemAt(opened.items, findItem(opened, c.req.param('id')));
  const { offset, length, type } = preview;
  const files = bucketVersion(c.env.ARTIFACTS, opened.manifest);
  const range = { offset, length };
  const body = await readSlice(c.env.ARTIFACTS, files, 'previews.bin', range);
  const isPinned = c.req.query('v') === version;
  return c.body(body, 200, {
    'content-type': type.startsWith('image/') ? type : 'application/octet-stream',
    'content-length': String(length),
    'cache-control': isPinned ? 'public, max-age=31536000, immutable' : 'public, max-age=60',
    // An SVG from a data set may hold scripts and links: opened by itself, it may do nothing.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
  });
}
