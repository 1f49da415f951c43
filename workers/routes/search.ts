import { Hono, type Context } from 'hono';
import {
  searchRequestSchema,
  type SearchRequest,
  type SearchResponse,
} from '../../src/http/api.ts';
import type { AppEnv } from '../env.ts';
import { readRequest, type RequestBody } from '../http/read-request.ts';
import { answerSearch } from '../../src/search/answer-search.ts';
import { checkQuery } from '../../src/search/resolve-query.ts';
import { decodeImage } from '../images/decode-image.ts';

export const search = new Hono<AppEnv>().post('/v1/search', readRequest(searchRequestSchema), (c) =>
  postSearch(c, c.req.valid('json')),
);

/** Search images or captions by text, image, item or vector. */
async function postSearch(
  c: Context<AppEnv>,
  { fields: request, image }: RequestBody<SearchRequest>,
) {
  const { timer } = c.var;
  checkQuery(request, image);
  const collection = await timer.measure('load', () => c.var.open(request.collection));
  const answer = await answerSearch(collection, request, image, {
    decodeImage: (bytes, size) => decodeImage(c.env.IMAGES, bytes, size),
    measure: timer.measure,
  });
  return c.json<SearchResponse>({ ...answer, timings: timer.timings() });
}
