import type { EncodeAnswer, Embedder, EncodedImage } from '../embedder/embedder.ts';
import { DiptychError, errorStatus, type ErrorCode } from '../errors.ts';
import { describeImage } from '../image/describe-image.ts';
import { createLruCache } from './lru-cache.ts';
import { checkEmbedding, type QueryEncoders, type QueryModel } from './query-model.ts';

/** Codes of an embedder that cannot answer for the model now. */
const isAway: ReadonlySet<ErrorCode> = new Set(['embedder_unavailable', 'model_mismatch']);
/** The number of texts whose embeddings are kept for a model. Each takes some 2 KB. */
const cachedTexts = 1000;

/**
 * Encode queries by an embedder service, where the isolate has no tower for them. The service does not
 * tell whether it cut a text short.
 *
 * @param embedder - null where the deployment has none: every query is then refused
 */
export function embedderEncoders(
  embedder: Embedder | null,
  model: Pick<QueryModel, 'id' | 'hash'>,
): QueryEncoders {
  const known = createLruCache<string, Float32Array>(cachedTexts);

  async function ask(
    images: readonly EncodedImage[],
    texts: readonly string[],
  ): Promise<Float32Array[]> {
    if (!embedder) throw unavailable(model, 'this deployment names no embedder in EMBEDDER_URL');
    const answer = await embedder.encode(images, texts).catch((cause: unknown) => {
      if (!(cause instanceof DiptychError) || !isAway.has(cause.code)) throw cause;
      throw unavailable(model, 'the embedder of EMBEDDER_URL does not answer for it', cause);
    });
    if (answer.model.hash !== model.hash) {
      throw unavailable(
        model,
        `the embedder of EMBEDDER_URL has model ${answer.model.id} (${answer.model.hash})`,
      );
    }
    return rowsOf(answer, images.length > 0 ? 'image' : 'text');
  }

  return {
    async encodeText(text) {
      const key = text.trim();
      const cached = known.get(key);
      if (cached) return { embedding: cached, truncated: false, encoder: 'cache' };
      const [embedding] = await ask([], [key]);
      known.set(key, embedding!);
      return { embedding: embedding!, truncated: false, encoder: 'embedder' };
    },
    encodeTexts: (texts) => (texts.length === 0 ? Promise.resolve([]) : ask([], texts)),
    async encodeImage(image) {
      const [embedding] = await ask([{ bytes: image, type: describeImage(image).type }], []);
      return { embedding: embedding!, encoder: 'embedder' };
    },
  };
}

function rowsOf(
  { embeddings, failed, model: { embedDim } }: EncodeAnswer,
  kind: 'image' | 'text',
): Float32Array[] {
  const [failure] = failed;
  if (failure) {
    const code = failure.code in errorStatus ? (failure.code as ErrorCode) : 'embedder_failed';
    throw new DiptychError(code, `${kind}: ${failure.message}`);
  }
  return Array.from({ length: embeddings.length / embedDim }, (_, i) =>
    checkEmbedding(kind, embeddings.slice(i * embedDim, (i + 1) * embedDim)),
  );
}

function unavailable(
  { id, hash }: Pick<QueryModel, 'id' | 'hash'>,
  why: string,
  cause?: unknown,
): DiptychError {
  const message =
    `model ${id} (${hash}) has no tower for this query at the edge, and ${why}. ` +
    'Start "diptych serve" with this model, and name its address in EMBEDDER_URL. ' +
    'Queries by id, by vector and by keyword are answered without it';
  return new DiptychError('encoder_unavailable', message, { model: id, hash }, { cause });
}
