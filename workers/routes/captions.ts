import { Hono, type Context } from 'hono';
import {
  captionsRequestSchema,
  type CaptionsRequest,
  type CaptionsResponse,
} from '../../src/http/api.ts';
import { DiptychError } from '../../src/errors.ts';
import type { AppEnv } from '../env.ts';
import { readRequest, type RequestBody } from '../http/read-request.ts';
import { decodeImage } from '../images/decode-image.ts';
import { searchCollection } from '../../src/search/search-collection.ts';

export const captions = new Hono<AppEnv>().post(
  '/v1/captions',
  readRequest(captionsRequestSchema),
  (c) => postCaptions(c, c.req.valid('json')),
);

/** Find captions of the collection that describe an uploaded image. */
async function postCaptions(
  c: Context<AppEnv>,
  { fields: request, image }: RequestBody<CaptionsRequest>,
) {
  const { timer } = c.var;
  if (!image) throw new DiptychError('empty_query', 'image: expected an image, got none');
  const collection = await timer.measure('load', () => c.var.open(request.collection));
  const { embedding, encoder } = await timer.measure('encode', () =>
    collection.model.encodeImage(image, (bytes, size) => decodeImage(c.env.IMAGES, bytes, size)),
  );
  const { limit, efSearch } = request;
  const { matches, effort, partial } = await timer.measure('search', () =>
    searchCollection(collection, { embedding, target: 'caption', mode: 'vector', limit, efSearch }),
  );
  return c.json<CaptionsResponse>({
    count: matches.length,
    captions: matches.map(({ score, probability, metadata }) => ({
      text: metadata.title,
      score,
      probability,
      items: metadata.items ?? [],
    })),
    effort,
    ...(partial && { partial }),
    encoder,
    index: collection.reference,
    timings: timer.timings(),
  });
}
