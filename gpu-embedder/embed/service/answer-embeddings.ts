import { badRequest } from '../../../src/bad-request.ts';
import { DiptychError, errorStatus, type ErrorCode } from '../../../src/errors.ts';
import type { Embedder, EncodeAnswer } from '../../../src/embedder/embedder.ts';
import { parseJson, parseRequest } from '../../../src/http/parse-request.ts';
import { embeddingsRequestSchema, sortInputs, type SortedInputs } from './embeddings-request.ts';
import type { DirectModel } from './embedder/reproducible-model.ts';
import type { ServiceLimits } from './service-limits.ts';

/** An answer in the shape of OpenAI's API. */
export interface EmbeddingsAnswer {
  readonly object: 'list';
  readonly data: readonly {
    readonly object: 'embedding';
    readonly index: number;
    readonly embedding: readonly number[] | string;
  }[];
  readonly model: string;
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

/**
 * Answer `POST /v1/embeddings`.
 *
 * @param embed - embeds the inputs and counts them
 * @throws DiptychError - the request is wrong, or an input cannot be embedded (the first is named)
 */
export async function answerEmbeddings(
  body: Uint8Array,
  model: DirectModel,
  limits: ServiceLimits,
  embed: (inputs: SortedInputs) => ReturnType<Embedder['encode']>,
): Promise<EmbeddingsAnswer> {
  // An image is an object with a text in it; the rest is room for the other fields.
  const maxValues = 100 + 2 * (limits.texts + limits.images);
  const request = parseRequest(embeddingsRequestSchema, parseJson(body, 'body', maxValues));
  checkModel(request.model, request.dimensions, model);
  const inputs = sortInputs(request.input);
  checkCount('texts', inputs.texts.length, limits.texts);
  checkCount('images', inputs.images.length, limits.images);
  const answer = await embed(inputs);
  throwFailed(answer, inputs);
  const { embedDim } = model;
  const tokens = (await model.countTokens(inputs.texts)).reduce((sum, count) => sum + count, 0);
  return {
    object: 'list',
    data: inputs.rows.map((row, index) => {
      const embedding = answer.embeddings.subarray(row * embedDim, (row + 1) * embedDim);
      return {
        object: 'embedding',
        index,
        embedding: request.encoding_format === 'base64' ? toBase64(embedding) : [...embedding],
      };
    }),
    model: model.id,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

function checkModel(
  asked: string,
  dimensions: number | undefined,
  { id, hash, embedDim }: DirectModel,
): void {
  if (asked !== id && asked !== hash) {
    throw new DiptychError('model_mismatch', `model: expected ${id} (${hash}), got ${asked}`);
  }
  if (dimensions !== undefined && dimensions !== embedDim) {
    throw badRequest('dimensions', `expected ${embedDim}, got ${dimensions}`);
  }
}

function checkCount(what: string, got: number, most: number): void {
  if (got <= most) return;
  throw new DiptychError(
    'payload_too_large',
    `input: expected at most ${most} ${what}, got ${got}`,
  );
}

function throwFailed({ failed }: EncodeAnswer, { images, rows }: SortedInputs): void {
  if (failed.length === 0) return;
  const [{ kind, index, code, message }] = failed;
  const at = rows.indexOf(kind === 'image' ? index : images.length + index);
  const known = code in errorStatus ? (code as ErrorCode) : 'internal';
  throw new DiptychError(known, `input[${at}]: ${message}`, { index: at });
}

const toBase64 = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');
