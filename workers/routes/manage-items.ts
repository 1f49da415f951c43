import { Hono, type Context } from 'hono';
import { z } from 'zod';
import { deleteItems } from '../../src/items/delete-items.ts';
import { listItems } from '../../src/items/items.ts';
import { catalogueLimits } from '../../src/catalogue/limits.ts';
import type { CatalogueItem } from '../../src/items/item.ts';
import { writeDeleted } from '../../src/items/remove/deleted-overlay.ts';
import { wellFormedText } from '../../src/text/well-formed.ts';
import type { AppEnv } from '../env.ts';
import { readJson } from '../http/read-json.ts';
import { readQuery } from '../http/read-query.ts';
import { openCatalogueOf } from '../stores/open-catalogue.ts';
import { r2Objects } from '../stores/r2-objects.ts';
import { requireScope } from '../http/require-scope.ts';

const [read, write] = [requireScope('read'), requireScope('write')];

export const manageItems = new Hono<AppEnv>()
  .get('/v1/collections/:collection/items', read, (c) => getItems(c, c.req.param('collection')))
  .post('/v1/collections/:collection/items/delete', write, (c) =>
    postDelete(c, c.req.param('collection')),
  )
  .delete('/v1/collections/:collection/items/:id', write, (c) =>
    remove(c, c.req.param('collection'), [c.req.param('id')]),
  );

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
/** A day, or a time with its zone: `Date.parse` takes more, and guesses what it means. */
const time = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: ({ input }) =>
      `expected a day or a time like 2026-11-30T12:00:00Z, got ${String(input).slice(0, 40)}`,
  })
  .transform((text) => Date.parse(text));
const listSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(catalogueLimits.page).default(100),
  after: z.string().optional(),
  set: z.string().optional(),
  label: z.string().optional(),
  hasImage: flag.optional(),
  hasCaptions: flag.optional(),
  updatedSince: time.optional(),
  idPrefix: z.string().optional(),
});

/** List items of the catalogue, whether or not they are indexed yet. */
async function getItems(c: Context<AppEnv>, collection: string): Promise<Response> {
  const { limit, after, updatedSince, ...filter } = readQuery(c, listSchema);
  const page = await listItems(await openCatalogueOf(c.env, collection), {
    collection,
    limit,
    after,
    filter: { ...filter, updatedSince },
  });
  return c.json({ items: page.items.map(describe), next: page.next ?? null });
}

const deleteSchema = z.strictObject({ ids: z.array(wellFormedText).min(1).max(1000) });

async function postDelete(c: Context<AppEnv>, collection: string): Promise<Response> {
  const { ids } = await readJson(c, deleteSchema);
  return remove(c, collection, ids);
}

async function remove(
  c: Context<AppEnv>,
  collection: string,
  ids: readonly string[],
): Promise<Response> {
  const catalogue = await openCatalogueOf(c.env, collection);
  const outcomes = await deleteItems(catalogue, collection, ids);
  await writeDeleted({ catalogue, objects: r2Objects(c.env) }, collection);
  return c.json({ results: ids.map((id, i) => ({ id, status: outcomes[i] })) });
}

function describe(item: CatalogueItem) {
  const { captions, createdAt, updatedAt, deletedAt: _, ...rest } = item;
  return {
    ...rest,
    captions: captions.map(({ text }) => text),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}
