import { Hono, type Context } from 'hono';
import { searchRequestSchema, type SearchRequest, type SearchResponse } from '../../src/api.ts';
import type { AppEnv } from '../env.ts';
import { readRequest, type RequestBody } from '../http/read-request.ts';
import { checkQuery, resolveMode, resolveQuery } from '../services/resolve-query.ts';
import { searchCollection } from '../services/search-collection.ts';

export const search = new Hono<AppEnv>().post('/v1/search', readRequest(searchRequestSchema), (c) =>
  postSearch(c, c.req.valid('json')),
);

/** Images or captions by text, image, item or vector. */
async function postSearch(
  c: Context<AppEnv>,
  { fields: request, image }: RequestBody<SearchRequest>,
) {
  const { timer } = c.var;
  checkQuery(request, image);
  const collection = await timer.measure('load', () => c.var.open(request.collection));
  const mode = resolveMode(request, collection);
  const { embedding, truncated, exclude } = await timer.measure('encode', () =>
    resolveQuery(collection, request, image, c.env.IMAGES),
  );
  const { text, target, limit, cursor, efSearch } = request;
  const { matches, nextCursor, effort, partial } = await timer.measure('search', () =>
    searchCollection(collection, {
      ...{ embedding, text, exclude, target, mode, limit, cursor, efSearch },
    }),
  );
  return c.json<SearchResponse>({
    count: matches.length,
    matches,
    nextCursor,
    mode,
    effort,
    ...(truncated && { truncated }),
    ...(partial && { partial }),
    encoder: 'edge',
    index: collection.reference,
    timings: timer.timings(),
  });
}
