import type { Context } from 'hono';
import { captionsRequestSchema, type CaptionsResponse } from '../../src/api.ts';
import { DiptychError } from '../../src/errors.ts';
import type { AppEnv } from '../app.ts';
import { decodeImage } from '../services/decode-image.ts';
import { parseFields } from '../services/parse-fields.ts';
import { readRequest } from '../services/read-request.ts';
import { searchCollection } from '../../src/search/search-collection.ts';
import { startTimer } from '../services/timer.ts';

/** POST /v1/captions: captions of the collection that describe an uploaded image. */
export async function captions(c: Context<AppEnv>): Promise<Response> {
  const timer = startTimer();
  const { fields, image } = await readRequest(c.req.raw);
  const request = parseFields(captionsRequestSchema, fields);
  if (!image) throw new DiptychError('empty_query', 'image: expected an image, got none');
  const collection = await timer.measure('load', () => c.var.open(request.collection));
  const { model } = collection;
  const embedding = await timer.measure('encode', async () =>
    model.encodeImage(await decodeImage(c.env.IMAGES, image, model.imageSize)),
  );
  const { limit, efSearch } = request;
  const { matches, effort, partial } = await timer.measure('search', () =>
    searchCollection(collection, { embedding, target: 'caption', mode: 'vector', limit, efSearch }),
  );
  return c.json({
    count: matches.length,
    captions: matches.map(({ score, probability, metadata }) => ({
      text: metadata.title,
      score,
      probability,
      items: metadata.items ?? [],
    })),
    effort,
    ...(partial && { partial }),
    encoder: 'edge',
    index: collection.reference,
    timings: timer.timings(),
  } satisfies CaptionsResponse);
}
