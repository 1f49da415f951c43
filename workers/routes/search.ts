import type { Context } from 'hono';
import { searchRequestSchema, type SearchResponse } from '../../src/api.ts';
import type { AppEnv } from '../app.ts';
import { decodeImage } from '../services/decode-image.ts';
import { parseFields } from '../services/parse-fields.ts';
import { readRequest } from '../services/read-request.ts';
import { checkQuery, resolveMode, resolveQuery } from '../../src/search/resolve-query.ts';
import { searchCollection } from '../../src/search/search-collection.ts';
import { startTimer } from '../services/timer.ts';

/** POST /v1/search: images or captions by text, image, item or vector. */
export async function search(c: Context<AppEnv>): Promise<Response> {
  const timer = startTimer();
  const { fields, image } = await readRequest(c.req.raw);
  const request = parseFields(searchRequestSchema, fields);
  checkQuery(request, image);
  const collection = await timer.measure('load', () => c.var.open(request.collection));
  const mode = resolveMode(request, collection);
  const { embedding, truncated, exclude } = await timer.measure('encode', () =>
    resolveQuery(collection, request, image, (bytes, size) =>
      decodeImage(c.env.IMAGES, bytes, size),
    ),
  );
  const { text, target, limit, cursor, efSearch } = request;
  const { matches, nextCursor, effort, partial } = await timer.measure('search', () =>
    searchCollection(collection, {
      ...{ embedding, text, exclude, target, mode, limit, cursor, efSearch },
    }),
  );
  return c.json({
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
  } satisfies SearchResponse);
}
