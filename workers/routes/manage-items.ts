import type { Context } from 'hono';
import { z } from 'zod';
import { deleteItems } from '../../src/catalogue/delete-items.ts';
import { listItems } from '../../src/catalogue/items.ts';
import { catalogueLimits } from '../../src/catalogue/limits.ts';
import { DiptychError } from '../../src/errors.ts';
import type { CatalogueItem } from '../../src/items/item.ts';
import { writeDeleted } from '../../src/reindex/deleted-overlay.ts';
import type { AppEnv } from '../app.ts';
import { openCatalogue } from '../services/open-catalogue.ts';
import { r2Objects } from '../services/r2-objects.ts';

type CollectionContext = Context<AppEnv, '/:collection'>;

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const listSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(catalogueLimits.page).default(100),
  after: z.string().optional(),
  set: z.string().optional(),
  label: z.string().optional(),
  hasImage: flag.optional(),
  hasCaptions: flag.optional(),
  updatedSince: z.coerce.date().optional(),
  idPrefix: z.string().optional(),
});

/** GET /v1/collections/:collection/items: what the catalogue has, whether or not it is indexed yet. */
export async function getItems(c: CollectionContext): Promise<Response> {
  const { limit, after, updatedSince, ...filter } = parse(listSchema, c.req.query());
  const page = await listItems(openCatalogue(c.env), {
    collection: c.req.param('collection'),
    limit,
    after,
    filter: { ...filter, ...(updatedSince && { updatedSince: updatedSince.getTime() }) },
  });
  return c.json({ items: page.items.map(describe), next: page.next ?? null });
}

const deleteSchema = z.strictObject({ ids: z.array(z.string()).min(1).max(1000) });

/** POST /v1/collections/:collection/items/delete and DELETE …/items/:id */
export async function postDelete(c: CollectionContext): Promise<Response> {
  const body: unknown = await c.req.json().catch(() => null);
  return remove(c, c.req.param('collection'), parse(deleteSchema, body).ids);
}

export async function deleteItem(c: Context<AppEnv, '/:collection/:id'>): Promise<Response> {
  return remove(c, c.req.param('collection'), [c.req.param('id')]);
}

async function remove(
  c: Context<AppEnv>,
  collection: string,
  ids: readonly string[],
): Promise<Response> {
  const catalogue = openCatalogue(c.env);
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

function parse<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DiptychError('bad_request', z.prettifyError(parsed.error));
}
