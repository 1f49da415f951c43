import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import { datasetFormatVersion, type Concept, type DatasetManifest, type Item } from './prepared.ts';

/** A prepared data set; pixels and image bytes are read by {@link readPixels} and {@link readImageBytes}. */
export interface PreparedDataset {
  readonly manifest: DatasetManifest;
  /** In index order. */
  readonly items: readonly Item[];
  readonly concepts: ReadonlyMap<string, Concept>;
  readonly dir: string;
}

/** Bytes of one read; a read past 2 GiB fails. */
const readBytes = 1 << 26;

const manifestSchema: z.ZodType<DatasetManifest> = z.object({
  formatVersion: z.literal(datasetFormatVersion),
  name: z.string(),
  kind: z.enum(['pictograms', 'folder', 'coco']),
  imageSize: z.int().positive(),
  counts: z.object({
    items: z.int().nonnegative(),
    concepts: z.int().nonnegative(),
    captions: z.int().nonnegative(),
  }),
  sources: z.array(
    z.object({ name: z.string(), version: z.string().optional(), licence: z.string().optional() }),
  ),
  fingerprint: z.string(),
  inputKey: z.string().optional(),
});

/**
 * Open a prepared data set.
 *
 * @throws DiptychError not_prepared - there is none, or one of another format
 */
export function openDataset(dir: string): PreparedDataset {
  const manifest = readManifest(dir);
  const items = readLines<Item>(dir, 'items.jsonl', manifest.counts.items);
  const concepts = readLines<Concept>(dir, 'concepts.jsonl', manifest.counts.concepts);
  return { manifest, items, concepts: new Map(concepts.map((c) => [c.id, c])), dir };
}

/** Read what describes a prepared data set. */
export function readManifest(dir: string): DatasetManifest {
  const path = join(dir, 'dataset.json');
  if (!existsSync(path)) {
    throw notPrepared(dir, `There is no prepared data set in ${dir} (no dataset.json)`);
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw notPrepared(dir, `${path} is no JSON: ${(cause as Error).message}`);
  }
  const version = (json as { formatVersion?: unknown } | null)?.formatVersion;
  if (version !== datasetFormatVersion) {
    throw notPrepared(
      dir,
      `${path}: expected format version ${datasetFormatVersion}, got ${String(version)}`,
    );
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) throw notPrepared(dir, `${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/**
 * Read all pixels into memory that threads can share.
 *
 * @returns RGBA8, alpha premultiplied, [items, imageSize, imageSize, 4]
 */
export function readPixels(dataset: PreparedDataset): Uint8Array<SharedArrayBuffer> {
  const { counts, imageSize } = dataset.manifest;
  const path = join(dataset.dir, 'pixels.bin');
  const expected = counts.items * imageSize * imageSize * 4;
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size !== expected) {
    throw notPrepared(dataset.dir, `${path}: expected ${expected} bytes, got ${size}`);
  }
  const pixels = new Uint8Array(new SharedArrayBuffer(expected));
  const file = openSync(path, 'r');
  try {
    for (let at = 0; at < expected;) {
      const bytesRead = readSync(file, pixels, at, Math.min(expected - at, readBytes), at);
      if (bytesRead === 0) throw notPrepared(dataset.dir, `${path}: ends at ${at} of ${expected}`);
      at += bytesRead;
    }
  } finally {
    closeSync(file);
  }
  return pixels;
}

/** Read the image of an item as its source has it. */
export async function readImageBytes(
  dataset: Pick<PreparedDataset, 'dir'>,
  { image }: Pick<Item, 'image'>,
): Promise<Uint8Array> {
  if ('file' in image) return readFile(image.file);
  const bytes = new Uint8Array(image.length);
  const file = await open(join(dataset.dir, 'originals.bin'));
  try {
    await file.read(bytes, 0, image.length, image.offset);
  } finally {
    await file.close();
  }
  return bytes;
}

/** List the English captions of an item: title, own captions, names of its concept. */
export function captionsOf(dataset: PreparedDataset, item: Item): string[] {
  const concept = item.concept === undefined ? undefined : dataset.concepts.get(item.concept);
  return [...new Set([item.title, ...item.captions, ...(concept?.names ?? [])])].filter(
    (caption) => caption !== '',
  );
}

function readLines<T>(dir: string, name: string, expected: number): T[] {
  const path = join(dir, name);
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').split('\n');
  } catch (cause) {
    throw notPrepared(dir, `${path} cannot be read: ${(cause as Error).message}`);
  }
  if (lines.at(-1) === '') lines.pop();
  if (lines.length !== expected) {
    throw notPrepared(dir, `${path}: expected ${expected} lines, got ${lines.length}`);
  }
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as T;
    } catch (cause) {
      throw notPrepared(dir, `${path}:${i + 1}: ${(cause as Error).message}`);
    }
  });
}

/** Say what is wrong with a data set and which command makes it. */
function notPrepared(dir: string, problem: string): DiptychError {
  return new DiptychError(
    'not_prepared',
    `${problem}; make it with: diptych prepare pictograms|folder|coco … --out ${dir}`,
  );
}
