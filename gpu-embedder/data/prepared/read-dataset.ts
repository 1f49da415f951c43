import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
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

const sizeSchema = z.object({ width: z.int().positive(), height: z.int().positive() });

const manifestSchema: z.ZodType<DatasetManifest> = z.object({
  formatVersion: z.literal(datasetFormatVersion),
  name: z.string(),
  kind: z.enum(['pictograms', 'folder', 'coco', 'tar', 'parquet']),
  imageSize: z.int().positive(),
  counts: z.object({
    items: z.int().nonnegative(),
    concepts: z.int().nonnegative(),
    captions: z.int().nonnegative(),
    views: z.int().nonnegative().optional(),
  }),
  sources: z.array(
    z.object({ name: z.string(), version: z.string().optional(), licence: z.string().optional() }),
  ),
  fingerprint: z.string(),
  inputKey: z.string().optional(),
  imageRule: z
    .object({
      resize: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('exact'), size: sizeSchema }),
        z.object({ kind: z.literal('shortest'), side: z.int().positive() }),
      ]),
      crop: sizeSchema.optional(),
      resample: z.int().nonnegative(),
    })
    .optional(),
});

/**
 * Open a prepared data set.
 *
 * @throws DiptychError not_prepared - the folder has no data set, or one of another format
 */
export function openDataset(dir: string): PreparedDataset {
  const manifest = readDatasetManifest(dir);
  const items = readJsonLines<Item>(dir, 'items.jsonl', manifest.counts.items);
  const concepts = readJsonLines<Concept>(dir, 'concepts.jsonl', manifest.counts.concepts);
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
  return parsed.data;
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
  const expected = (counts.items + (counts.views ?? 0)) * length;
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

/** Read the original image of an item, as its source stores it. */
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

function readJsonLines<T>(dir: string, name: string, expected: number): T[] {
  const path = join(dir, name);
  const values: T[] = [];
  try {
    for (const line of readFileLines(path)) values.push(JSON.parse(line) as T);
  } catch (cause) {
    throw notPrepared(dir, `${path}:${values.length + 1}: ${(cause as Error).message}`);
  }
  if (values.length !== expected) {
    throw notPrepared(dir, `${path}: expected ${expected} lines, got ${values.length}`);
  }
  return values;
}

/** Make the error for an unusable data set; it names the command that makes one. */
function notPrepared(dir: string, problem: string): DiptychError {
  return new DiptychError(
    'not_prepared',
    `${problem}; make it with: diptych prepare pictograms|folder|coco|tar|parquet … --out ${dir}`,
  );
}
