import { Hono, type Context } from 'hono';
import {
  classifyRequestSchema,
  type ClassifyRequest,
  type ClassifyResponse,
} from '../../src/http/api.ts';
import { defaults } from '../../src/config.ts';
import { DiptychError } from '../../src/errors.ts';
import type { AppEnv } from '../env.ts';
import { readRequest, type RequestBody } from '../http/read-request.ts';
import { classifyEmbedding } from '../../src/search/classify/classify-embedding.ts';
import { decodeImage } from '../images/decode-image.ts';
import type { DecodeImage } from '../../src/search/query-model.ts';
import { meanEmbedding } from '../../src/search/classify/mean-embedding.ts';
import { namedLabels } from '../stores/named-labels.ts';

export const classify = new Hono<AppEnv>().post(
  '/v1/classify',
  readRequest(classifyRequestSchema),
  (c) => postClassify(c, c.req.valid('json')),
);

/** Tell how well labels fit an image, a text, or both together. */
async function postClassify(
  c: Context<AppEnv>,
  { fields: request, image }: RequestBody<ClassifyRequest>,
) {
  const { timer } = c.var;
  const { text, template } = request;
  if (!image && !text?.trim()) {
    throw new DiptychError('empty_query', 'expected image or text, got neither');
  }
  const collection = await timer.measure('load', () => c.var.open(request.collection));
  const { model, reference } = collection;
  const { embedding, truncated, encoder } = await timer.measure('encode', async () => {
    const decode: DecodeImage = (bytes, size) => decodeImage(c.env.IMAGES, bytes, size);
    const ofImage = image && (await model.encodeImage(image, decode));
    const ofText = text?.trim() ? await model.encodeText(text) : null;
    const encoded = [ofImage, ofText].filter((one) => one !== null);
    return {
      embedding: meanEmbedding(encoded.map((one) => one.embedding)),
      truncated: ofText?.truncated ?? false,
      encoder: encoded[0]!.encoder,
    };
  });
  const limit = request.limit ?? request.labels?.length ?? defaults.limit;
  const { labels: classes, partial } = await timer.measure('search', async () => {
    const labels = request.labels ?? (await namedLabels(c.env.ARTIFACTS, request.labelSet!));
    return classifyEmbedding(collection, embedding, { labels, template, limit });
  });
  return c.json<ClassifyResponse>({
    count: classes.length,
    labels: classes,
    ...(truncated && { truncated }),
    ...(partial && { partial }),
    encoder,
    index: reference,
    timings: timer.timings(),
  });
}
