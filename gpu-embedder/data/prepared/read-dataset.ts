import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
import type { FileEntry } from '../../../src/search/open/read-file.ts';
import { checkStageFile } from '../../common/stage-files.ts';
import { fingerprintOf } from './fingerprint.ts';
import { conceptSchema, itemSchema, manifestSchema } from './dataset-schema.ts';
import { datasetFormatVersion, type Concept, type DatasetManifest, type Item } from './prepared.ts';
import { readFileLines } from '../readers/read-file-lines.ts';

/** A prepared data set; {@link openPixels} and {@link readImageBytes} read its images. */
export interface PreparedDataset {
  readonly manifest: DatasetManifest;
  /** In index order. */
  readonly items: readonly Item[];
  readonly concepts: ReadonlyMap<string, Concept>;
  readonly dir: string;
}

/**
 * Open a prepared data set. Its images are not read; see {@link checkDatasetFiles}.
 *
 * @throws DiptychError not_prepared - the folder has no data set, or one of another format, or a file
 *   that differs from its checksum
 */
export function openDataset(dir: string): PreparedDataset {
  const manifest = readDatasetManifest(dir);
  const { counts, files = {} } = manifest;
  const lines = <T>(name: string, schema: z.ZodType<T>, count: number) =>
    readJsonLines(dir, name, schema, count, files[name]);
  const items = lines('items.jsonl', itemSchema, counts.items);
  const concepts = lines('concepts.jsonl', conceptSchema, counts.concepts);
  return { manifest, items, concepts: new Map(concepts.map((c) => [c.id, c])), dir };
}

/** Read dataset.json of a prepared data set. */
export function readDatasetManifest(dir: string): DatasetManifest {
  const path = join(dir, 'dataset.json');
  if (!existsSync(path)) {
    throw notPrepared(dir, `There is no prepared data set in ${dir} (no dataset.json)`);
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw notPrepared(dir, `${path} is not JSON: ${(cause as Error).message}`);
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
  const { files, fingerprint } = parsed.data;
  const expected = files ? fingerprintOf(files) : fingerprint;
  if (fingerprint !== expected) {
    throw notPrepared(dir, `${path}: fingerprint: expected ${expected}, got ${fingerprint}`);
  }
  const [bytes, listed] = [pixelBytes(parsed.data), files?.['pixels.bin']?.bytes];
  if (listed !== undefined && listed !== bytes) {
    throw notPrepared(dir, `${path}: expected ${bytes} bytes of pixels.bin, got ${listed}`);
  }
  return parsed.data;
}

/**
 * Check that files of a data set are as `prepare` wrote them. Whoever reads images calls it once
 * before, since images are read in any order.
 *
 * @throws DiptychError not_prepared
 */
export async function checkDatasetFiles(
  { dir, manifest: { files = {} } }: Pick<PreparedDataset, 'dir' | 'manifest'>,
  names: readonly string[] = Object.keys(files),
): Promise<void> {
  for (const name of names) {
    const entry = files[name];
    if (entry === undefined) continue;
    await checkStageFile(dir, name, entry, (problem, cause) => notPrepared(dir, problem, cause));
  }
}

/** The pixels of a data set, read item by item because they may exceed the memory. */
export interface Pixels {
  /**
   * Read the pixels of an item or of a view.
   *
   * @param row - ordinal of the item, or one of its `views`
   * @param into - memory of at least imageSize * imageSize * 4 bytes to read into
   * @returns RGBA8, alpha premultiplied, [imageSize, imageSize, 4]
   */
  read(row: number, into?: Uint8Array): Uint8Array;
  close(): void;
}

/**
 * Open the pixels of a data set. Each thread must open them itself.
 *
 * @throws DiptychError not_prepared - the size of pixels.bin does not match the items and views
 */
export function openPixels({ dir, manifest }: Pick<PreparedDataset, 'dir' | 'manifest'>): Pixels {
  const { counts, imageSize } = manifest;
  const length = imageSize * imageSize * 4;
  const path = join(dir, 'pixels.bin');
  const expected = pixelBytes({ counts, imageSize });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size !== expected) {
    throw notPrepared(dir, `${path}: expected ${expected} bytes, got ${size}`);
  }
  const file = openSync(path, 'r');
  return {
    read(row, into = new Uint8Array(length)) {
      const read = readSync(file, into, 0, length, row * length);
      if (read < length) {
        throw notPrepared(dir, `${path}: expected ${length} bytes of row ${row}, got ${read}`);
      }
      return into.subarray(0, length);
    },
    close: () => closeSync(file),
  };
}

function pixelBytes({ counts, imageSize }: Pick<DatasetManifest, 'counts' | 'imageSize'>): number {
  return (counts.items + (counts.views ?? 0)) * imageSize * imageSize * 4;
}

/** Read the original image of an item, as its source stores it. */
export async function readImageBytes(
  dataset: Pick<PreparedDataset, 'dir'>,
  { image }: Pick<Item, 'image'>,
): Promise<Uint8Array> {
  if ('file' in image) return readFile(image.file);
  const path = join(dataset.dir, 'originals.bin');
  const bytes = new Uint8Array(image.length);
  const file = await open(path);
  try {
    const { bytesRead } = await file.read(bytes, 0, image.length, image.offset);
    if (bytesRead === image.length) return bytes;
    const place = `${image.length} bytes from ${image.offset}`;
    throw notPrepared(dataset.dir, `${path}: expected ${place}, got ${bytesRead}`);
  } finally {
    await file.close();
  }
}

/** List the English captions of an item: title, own captions, names of its concept. */
export function captionsOf(dataset: PreparedDataset, item: Item): string[] {
  const concept = item.concept === undefined ? undefined : dataset.concepts.get(item.concept);
  return [...new Set([item.title, ...item.captions, ...(concept?.names ?? [])])].filter(
    (caption) => caption !== '',
  );
}

/** @param entry - size and checksum of the file, if the manifest has them */
function readJsonLines<T>(
  dir: string,
  name: string,
  schema: z.ZodType<T>,
  expected: number,
  entry?: FileEntry,
): T[] {
  const path = join(dir, name);
  const values: T[] = [];
  const hash = createHash('sha256');
  for (const line of existingLines(dir, path)) {
    hash.update(`${line}\n`);
    values.push(parseLine(dir, `${path}:${values.length + 1}`, line, schema));
  }
  if (values.length !== expected) {
    throw notPrepared(dir, `${path}: expected ${expected} lines, got ${values.length}`);
  }
  const sha256 = hash.digest('hex');
  if (entry && sha256 !== entry.sha256) {
    throw notPrepared(dir, `${path}: expected SHA-256 ${entry.sha256}, got ${sha256}`);
  }
  return values;
}

function existingLines(dir: string, path: string): Iterable<string> {
  if (existsSync(path)) return readFileLines(path);
  throw notPrepared(dir, `${path}: expected a file, got none`);
}

function parseLine<T>(dir: string, where: string, line: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw notPrepared(dir, `${where}: expected JSON, got ${(cause as Error).message}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw notPrepared(dir, `${where}: ${z.prettifyError(parsed.error)}`);
}

/** Make the error for an unusable data set; it names the command that makes one. */
function notPrepared(dir: string, problem: string, cause?: unknown): DiptychError {
  return new DiptychError(
    'not_prepared',
    `${problem}; make it with: diptych prepare pictograms|folder|coco|tar|parquet … --out ${dir}`,
    undefined,
    { cause },
  );
}
