import type { Context } from 'hono';
import { classifyRequestSchema, type ClassifyResponse } from '../../src/api.ts';
import { defaults } from '../../src/config.ts';
import { DiptychError } from '../../src/errors.ts';
import type { AppEnv } from '../app.ts';
import { classifyEmbedding } from '../../src/search/classify/classify-embedding.ts';
import { decodeImage } from '../services/decode-image.ts';
import { meanEmbedding } from '../../src/search/classify/mean-embedding.ts';
import { namedLabels } from '../services/named-labels.ts';
import { parseFields } from '../services/parse-fields.ts';
import { readRequest } from '../services/read-request.ts';
import { startTimer } from '../services/timer.ts';

/** POST /v1/classify: which of some labels fits an image, a text, or both together. */
export async function classify(c: Context<AppEnv>): Promise<Response> {
  const timer = startTimer();
  const { fields, image } = await readRequest(c.req.raw);
  const request = parseFields(classifyRequestSchema, fields);
  const { text, template } = request;
  if (!image && !text?.trim()) {
    throw new DiptychError('empty_query', 'expected image or text, got neither');
  }
  const collection = await timer.measure('load', () => c.var.open(request.collection));
  const { model, reference } = collection;
  const { embedding, truncated } = await timer.measure('encode', async () => {
    const pixels = image && (await decodeImage(c.env.IMAGES, image, model.imageSize));
    const encoded = text?.trim() ? await model.encodeText(text) : null;
    return {
      embedding: meanEmbedding([
        ...(pixels ? [await model.encodeImage(pixels)] : []),
        ...(encoded ? [encoded.embedding] : []),
      ]),
      truncated: encoded?.truncated ?? false,
    };
  });
  const limit = request.limit ?? request.labels?.length ?? defaults.limit;
  const { labels: classes, partial } = await timer.measure('search', async () => {
    const labels = request.labels ?? (await namedLabels(c.env.ARTIFACTS, request.labelSet!));
    return classifyEmbedding(collection, embedding, { labels, template, limit });
  });
  return c.json({
    count: classes.length,
    labels: classes,
    ...(truncated && { truncated }),
    ...(partial && { partial }),
    encoder: 'edge',
    index: reference,
    timings: timer.timings(),
  } satisfies ClassifyResponse);
}
