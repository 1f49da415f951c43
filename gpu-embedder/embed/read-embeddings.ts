import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import { readStageFile, stageFilesSchema, type StageFiles } from '../common/stage-files.ts';
import { findNotUnit } from './unit-rows.ts';

const count = z.number().int().min(0);

export const formatVersion = 1;

/** `embeddings.json` */
export const embeddingsSchema = z.object({
  formatVersion: z.literal(formatVersion),
  model: z.object({ id: z.string(), hash: z.string(), embedDim: z.number().int().positive() }),
  dataset: z.object({ name: z.string(), fingerprint: z.string() }),
  /** `failed`: ids of the items that have no row, because their image has no embedding. */
  images: z.object({ count, failed: z.array(z.string()).optional() }),
  captions: z.object({ count }),
  /** Absent in embeddings that were made before checksums were kept. */
  files: stageFilesSchema.optional(),
});

const captionSchema = z.object({ text: z.string(), items: z.array(count) });

/** What `encode` wrote. */
export interface Embeddings extends z.infer<typeof embeddingsSchema> {
  /** [images, embedDim], L2-normalised; in the order of the items that did not fail. */
  readonly image: Float32Array;
  /** [captions, embedDim], L2-normalised. */
  readonly caption: Float32Array;
  readonly captionTexts: readonly z.infer<typeof captionSchema>[];
}

/** List the ordinals of the items that have a row, in the order of the rows. */
export function encodedItems({ images }: Embeddings, items: readonly { id: string }[]): number[] {
  const failed = new Set(images.failed);
  return items.flatMap(({ id }, ordinal) => (failed.has(id) ? [] : ordinal));
}

/**
 * Read the embeddings of a collection.
 *
 * @throws DiptychError not_prepared (none there), unreadable_source (damaged)
 */
export async function readEmbeddings(dir: string): Promise<Embeddings> {
  const manifest = await readManifest(dir);
  return {
    ...manifest,
    image: await readVectors(dir, 'image.f32', manifest.images.count, manifest),
    ...(await readCaptions(dir, manifest)),
  };
}

/**
 * Read the embeddings of captions alone.
 *
 * @throws DiptychError not_prepared (none there), unreadable_source (damaged)
 */
export async function readCaptionEmbeddings(dir: string): Promise<Omit<Embeddings, 'image'>> {
  const manifest = await readManifest(dir);
  return { ...manifest, ...(await readCaptions(dir, manifest)) };
}

type EmbeddingsManifest = z.infer<typeof embeddingsSchema>;

async function readManifest(dir: string): Promise<EmbeddingsManifest> {
  const path = join(dir, 'embeddings.json');
  const json = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DiptychError(
      'not_prepared',
      `${path}: expected embeddings, got no such file: run diptych encode`,
      undefined,
      { cause },
    );
  });
  const parsed = embeddingsSchema.safeParse(parseJson(path, json));
  if (!parsed.success) throw unreadable(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

async function readCaptions(
  dir: string,
  manifest: EmbeddingsManifest,
): Promise<Pick<Embeddings, 'caption' | 'captionTexts'>> {
  const { images, captions, files } = manifest;
  const caption = await readVectors(dir, 'caption.f32', captions.count, manifest);
  const text = new TextDecoder().decode(await readListed(dir, 'captions.jsonl', files));
  const path = join(dir, 'captions.jsonl');
  return { caption, captionTexts: parseCaptions(path, text, captions.count, images.count) };
}

async function readVectors(
  dir: string,
  name: string,
  rows: number,
  { model, files }: EmbeddingsManifest,
): Promise<Float32Array> {
  return toVectors(join(dir, name), await readListed(dir, name, files), rows, model.embedDim);
}

/** Read a file, and check it if the manifest has its checksum. */
async function readListed(
  dir: string,
  name: string,
  files?: StageFiles,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!files) return new Uint8Array(await readFile(join(dir, name)));
  const entry = files[name];
  if (entry) return readStageFile(dir, name, entry, (problem) => unreadable(problem));
  throw unreadable(`${join(dir, 'embeddings.json')}: files: expected ${name}, got none`);
}

function toVectors(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  rows: number,
  dim: number,
): Float32Array {
  const expected = 4 * rows * dim;
  if (bytes.byteLength !== expected) {
    throw unreadable(
      `${path}: expected ${expected} bytes (${rows} x ${dim} floats), got ${bytes.byteLength}`,
    );
  }
  const vectors = new Float32Array(bytes.buffer);
  const wrong = findNotUnit(vectors, dim);
  if (wrong) {
    throw unreadable(`${path}: vector ${wrong.row}: expected length 1, got ${wrong.length}`);
  }
  return vectors;
}

function parseCaptions(path: string, text: string, rows: number, items: number) {
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines.length !== rows) {
    throw unreadable(`${path}: expected ${rows} lines, got ${lines.length}`);
  }
  return lines.map((line, i) => {
    const where = `${path}:${i + 1}`;
    const parsed = captionSchema.safeParse(parseJson(where, line));
    if (!parsed.success) throw unreadable(`${where}: ${z.prettifyError(parsed.error)}`);
    const wrong = parsed.data.items.find((item) => item >= items);
    if (wrong !== undefined) {
      throw unreadable(`${where}: items: expected ordinals below ${items}, got ${wrong}`);
    }
    return parsed.data;
  });
}

function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(`${where}: expected JSON, got ${(cause as Error).message}`);
  }
}

function unreadable(message: string): DiptychError {
  return new DiptychError('unreadable_source', `${message}; run diptych encode again`);
}
