import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import { flawOfRow } from '../../../../src/embedder/flaw-of-row.ts';
import { DiptychError } from '../../../../src/errors.ts';
import type { EncodeFailure, EncodedImage, Embedder } from '../../../../src/embedder/embedder.ts';
import { budgetMemory } from '../../../common/images/decode-budget.ts';
import { askThread } from '../../../common/threads/ask-thread.ts';
import { handOver } from '../../../common/threads/thread-messages.ts';
import { createThreadPool, type ThreadPool } from '../../../common/threads/thread-pool.ts';
import { startThread } from '../../../common/threads/start-thread.ts';
import { createBatcher, type Batcher } from './batcher.ts';
import type { UploadSettings, UploadAnswers } from './decode-upload-thread.ts';
import { maxBatch as defaultMaxBatch } from './max-batch.ts';
import { reproducibleModel, type DirectModel } from './reproducible-model.ts';
import { createTurns, type TakeTurn } from './turns.ts';
import { checkImageBytes, checkText, defaultItemLimits, type ItemLimits } from './item-limits.ts';

export type InputKind = EncodeFailure['kind'];

export interface DirectEmbedderOptions {
  readonly limits?: Partial<ItemLimits>;
  /** Most images in a run of the model; a run of texts takes four times as many. */
  readonly maxBatch?: number;
  /** How long a lone row waits for others, milliseconds. */
  readonly waitMs?: number;
  /** Threads of the model: at most one per core by default. */
  readonly threads?: number;
  /** Threads that decode images: one per core by default. */
  readonly decodeThreads?: number;
  /** Called after each run of the model. */
  readonly onRun?: (kind: InputKind, rows: number, seconds: number) => void;
}

export interface DirectEmbedder extends Embedder {
  /** Count the rows that wait for a run of the model. */
  waiting(): Readonly<Record<InputKind, number>>;
  /** Stop the threads that decode; the model stays loaded. */
  close(): Promise<void>;
}

/** Images in one request to a decoding thread. */
const chunkSize = 16;
/** Chunks that are sent to a decoding thread at a time, so that it need not wait for the next one. */
const chunksPerThread = 4;

/**
 * Create an embedder that runs a model in this process. Concurrent calls share runs of the model.
 * Images are decoded on threads of their own, in the same way as by `encode`. The embedding of an
 * input depends on that input alone, bit for bit: see {@link reproducibleModel}.
 */
export function directEmbedder(
  model: DirectModel,
  options: DirectEmbedderOptions = {},
): DirectEmbedder {
  const { id, hash, embedDim, imageRule } = model;
  const { embedPixels, embedTexts } = reproducibleModel(
    model,
    options.threads ?? availableParallelism(),
  );
  const { maxBatch = defaultMaxBatch, waitMs = 3, onRun } = options;
  const limits = { ...defaultItemLimits, ...options.limits };
  const decodeThreads = options.decodeThreads ?? availableParallelism();
  const pool = uploadDecoders(
    { rule: imageRule, maxPixels: limits.imagePixels, memory: budgetMemory() },
    decodeThreads,
  );

  const batcher = <T>(kind: InputKind, maxRows: number, embed: BatchRun<T>) =>
    createBatcher<T>({ maxRows, waitMs, dim: embedDim, run: timed(kind, embed, onRun) });
  const images = batcher<Uint8Array>('image', maxBatch, (rows) => embedPixels(Buffer.concat(rows)));
  const takeTurn = createTurns();
  const texts = batcher<string>('text', 4 * maxBatch, embedTexts);

  return {
    describe: async () => ({ id, hash, embedDim }),
    encode: async (imageInputs, textInputs, signal) => {
      // Every chunk adds a listener to the signal, and Node warns when there are many.
      if (signal) setMaxListeners(0, signal);
      const [imageRows, textRows] = await Promise.all([
        encodeImages(imageInputs, {
          pool,
          batcher: images,
          limits,
          signal,
          inFlight: chunksPerThread * decodeThreads,
          takeTurn: imageInputs.length > maxBatch ? takeTurn : undefined,
        }),
        encodeTexts(textInputs, { batcher: texts, limits, signal }),
      ]);
      return {
        ...joinRows([...imageRows, ...textRows], imageInputs.length, embedDim),
        model: { id, hash, embedDim },
      };
    },
    waiting: () => ({ image: images.waiting(), text: texts.waiting() }),
    close: () => pool.dispose(),
  };
}

type BatchRun<T> = (rows: readonly T[]) => Promise<Float32Array>;

/** The embedding of one input, [embedDim], or the reason why it has none. */
type Row = Float32Array | Failure;
type Failure = Pick<EncodeFailure, 'code' | 'message'>;

function timed<T>(
  kind: InputKind,
  embed: BatchRun<T>,
  onRun: DirectEmbedderOptions['onRun'],
): BatchRun<T> {
  return async (rows) => {
    const began = performance.now();
    const embeddings = await embed(rows);
    onRun?.(kind, rows.length, (performance.now() - began) / 1000);
    return embeddings;
  };
}

interface ImageWork {
  readonly pool: ThreadPool<UploadAnswers>;
  readonly batcher: Batcher<Uint8Array>;
  readonly limits: ItemLimits;
  readonly signal: AbortSignal | undefined;
  /** Chunks of this request that are decoded and embedded at a time. */
  readonly inFlight: number;
  /** Large requests wait for their turn; without it, the request starts at once. */
  readonly takeTurn: TakeTurn | undefined;
}

/** Create the pool of decoding threads; they start with the first image. */
function uploadDecoders(settings: UploadSettings, threads: number): ThreadPool<UploadAnswers> {
  const entry = new URL('./decode-upload-thread.ts', import.meta.url);
  return createThreadPool(
    () => askThread<UploadAnswers>(startThread(entry, settings), { what: 'a decoding thread' }),
    { threads, perThread: chunksPerThread },
  );
}

/**
 * Encode images a few chunks at a time: the model runs on decoded chunks while others are decoded.
 * Large requests take turns, so that a client can work on the answer of the first one while the
 * next one is encoded.
 */
async function encodeImages(inputs: readonly EncodedImage[], work: ImageWork): Promise<Row[]> {
  const chunks = Array.from({ length: Math.ceil(inputs.length / chunkSize) }, (_, i) =>
    inputs.slice(i * chunkSize, (i + 1) * chunkSize),
  );
  const { inFlight: concurrency, signal } = work;
  const endTurn = await work.takeTurn?.();
  const encode = (chunk: readonly EncodedImage[], at: number) => {
    if (at === chunks.length - 1) endTurn?.();
    return encodeChunk(chunk, work);
  };
  try {
    return (await pMap(chunks, encode, { concurrency, signal })).flat();
  } finally {
    endTurn?.();
  }
}

async function encodeChunk(inputs: readonly EncodedImage[], work: ImageWork): Promise<Row[]> {
  const { pool, batcher, limits, signal } = work;
  const bytes = checkEach(inputs, (image) => {
    checkImageBytes(image.bytes, limits);
    // The buffer moves to the thread. It is a copy, because the request keeps its body; a Buffer's
    // `slice` would make none.
    return new Uint8Array(image.bytes);
  });
  const decoded = await forGood(bytes, (good) =>
    pool.ask(
      'decode',
      handOver(
        good,
        good.map(({ buffer }) => buffer),
      ),
    ),
  );
  return forGood<Uint8Array, Row>(decoded, async (good) =>
    splitRows(await batcher.submit(good, signal), good.length),
  );
}

interface TextWork {
  readonly batcher: Batcher<string>;
  readonly limits: ItemLimits;
  readonly signal: AbortSignal | undefined;
}

function encodeTexts(inputs: readonly string[], work: TextWork): Promise<Row[]> {
  const { batcher, limits, signal } = work;
  const texts = checkEach(inputs, (text) => {
    checkText(text, limits);
    return { text };
  });
  return forGood(texts, async (good) => {
    const rows = await batcher.submit(
      good.map(({ text }) => text),
      signal,
    );
    return splitRows(rows, good.length);
  });
}

/** Keep the failure of an input instead of throwing it. */
function checkEach<T, R>(inputs: readonly T[], check: (input: T) => R): (R | Failure)[] {
  return inputs.map((input) => {
    try {
      return check(input);
    } catch (error) {
      if (!(error instanceof DiptychError)) throw error;
      return { code: error.code, message: error.message };
    }
  });
}

/** Do the work with the inputs that have not failed yet; each result gets the place of its input. */
async function forGood<T extends object, R>(
  inputs: readonly (T | Failure)[],
  work: (good: readonly T[]) => Promise<readonly (R | Failure)[]>,
): Promise<(R | Failure)[]> {
  const good = inputs.filter((input): input is T => !isFailure(input));
  const results = good.length > 0 ? await work(good) : [];
  let next = 0;
  return inputs.map((input) => (isFailure(input) ? input : results[next++]));
}

const isFailure = (input: object): input is Failure => 'code' in input && 'message' in input;

function splitRows(rows: Float32Array, count: number): Float32Array[] {
  const dim = rows.length / count;
  return Array.from({ length: count }, (_, i) => rows.subarray(i * dim, (i + 1) * dim));
}

/** Say why a row is no embedding. Only a text may have no known word. */
function failureOf(row: Row, kind: InputKind): Failure | null {
  if (isFailure(row)) return row;
  const flaw = flawOfRow(row);
  if (flaw === null) return null;
  const noWord = kind === 'text' && flaw === 'only zeros';
  const why = noWord ? 'no word of the text is known' : `the model answered ${flaw}`;
  return { code: 'no_embedding', message: `the model has no embedding for it: ${why}` };
}

/** @param rows - the rows of the images, then the rows of the texts */
function joinRows(rows: readonly Row[], imageCount: number, embedDim: number) {
  const embeddings = new Float32Array(rows.length * embedDim);
  const failed: EncodeFailure[] = [];
  for (const [i, row] of rows.entries()) {
    const isImage = i < imageCount;
    const kind = isImage ? 'image' : 'text';
    const failure = failureOf(row, kind);
    if (failure) failed.push({ kind, index: isImage ? i : i - imageCount, ...failure });
    // The cast is safe: of a row that is a failure, `failureOf` gives that failure.
    else embeddings.set(row as Float32Array, i * embedDim);
  }
  return { embeddings, failed };
}
