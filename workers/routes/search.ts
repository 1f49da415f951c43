import type { Context } from 'hono';
import { searchRequestSchema, type SearchResponse } from '../../src/api.ts';
import { answerSearch } from '../../src/search/answer-search.ts';
import { checkQuery } from '../../src/search/resolve-query.ts';
import type { AppEnv } from '../app.ts';
import { decodeImage } from '../services/decode-image.ts';
import { parseFields } from '../services/parse-fields.ts';
import { readRequest } from '../services/read-request.ts';
import { startTimer } from '../services/timer.ts';

/** POST /v1/search: images or captions by text, image, item or vector. */
export async function search(c: Context<AppEnv>): Promise<Response> {
  const timer = startTimer();
  const { fields, image } = await readRequest(c.req.raw);
  const request = parseFields(searchRequestSchema, fields);
  checkQuery(request, image);
  const collection = await timer.measure('load', () => c.var.open(request.collection));
  const answer = await answerSearch(collection, request, image, {
    decodeImage: (bytes, size) => decodeImage(c.env.IMAGES, bytes, size),
    measure: timer.measure,
  });
  return c.json({
    ...answer,
    encoder: 'edge',
    timings: timer.timings(),
  } satisfies SearchResponse);
}
