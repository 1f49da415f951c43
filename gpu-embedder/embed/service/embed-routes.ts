import type { Context, Hono } from 'hono';
import type { EncodeAnswer, EncodedImage } from '../../../src/embedder/embedder.ts';
import { framesType, readEncodeRequest, writeEncodeAnswer } from '../../../src/embedder/frames.ts';
import { admitted } from './http/admitted.ts';
import { answerEmbeddings } from './answer-embeddings.ts';
import type { ServiceContext } from './service-context.ts';

/** Add the routes that embed. */
export function addEmbedRoutes(app: Hono, context: ServiceContext): void {
  const { model, limits } = context;
  app.post('/v1/encode', (c) =>
    admitted(c, context, framesType, async (body) => {
      const { images, texts } = readEncodeRequest(body, limits);
      const answer = await embed(c, context, images, texts);
      return c.body(writeEncodeAnswer(answer), 200, { 'content-type': framesType });
    }),
  );
  app.post('/v1/embeddings', (c) =>
    admitted(c, context, 'application/json', async (body) => {
      const answer = await answerEmbeddings(body, model, limits, ({ images, texts }) =>
        embed(c, context, images, texts),
      );
      return c.json(answer);
    }),
  );
}

/** Embed the inputs and count the embeddings and the failures. */
async function embed(
  c: Context,
  { embedder, metrics }: ServiceContext,
  images: readonly EncodedImage[],
  texts: readonly string[],
): Promise<EncodeAnswer> {
  c.set('counts', { images: images.length, texts: texts.length });
  const answer = await embedder.encode(images, texts, c.req.raw.signal);
  for (const kind of ['image', 'text'] as const) {
    const count = kind === 'image' ? images.length : texts.length;
    const failed = answer.failed.filter((failure) => failure.kind === kind).length;
    metrics.items(kind, 'failed', failed);
    metrics.items(kind, 'encoded', count - failed);
  }
  return answer;
}
