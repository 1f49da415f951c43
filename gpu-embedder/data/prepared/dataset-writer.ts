import { createHash } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { basename, dirname, join, resolve } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { DiptychError } from '../../../src/errors.ts';
import {
  datasetFormatVersion,
  type Concept,
  type DatasetManifest,
  type ImageFitRule,
  type Item,
  type PrepareReport,
  type SourceInfo,
} from './prepared.ts';
import { readFileLines } from '../readers/read-file-lines.ts';

/** An item whose image has not been stored yet. */
export type NewItem = Omit<Item, 'image'>;

/** Where the image of a new item is: a file, or bytes to pack. */
export type NewImage =
  | { readonly file: string; readonly type: string }
  | { readonly bytes: Uint8Array; readonly type: string };

export interface DatasetWriter {
  /** @param pixels - RGBA8, alpha premultiplied, [imageSize, imageSize, 4] */
  add(item: NewItem, image: NewImage, pixels: Uint8Array): Promise<void>;
  /**
   * Add another drawing of an item. All items must be added before the first view.
   *
   * @param item - ordinal
   * @param pixels - RGBA8, alpha premultiplied, [imageSize, imageSize, 4]
   */
  addView(item: number, pixels: Uint8Array): Promise<void>;
  /** Write the remaining files and move the data set to its final folder. */
  finish(end: {
    readonly concepts: readonly Concept[];
    readonly sources: readonly SourceInfo[];
    readonly skipped: PrepareReport['skipped'];
    readonly inputKey: string;
    readonly imageRule?: ImageFitRule;
    /** Ordinals of items to move to validation, overriding their `split`. */
    readonly heldOut?: ReadonlySet<number>;
  }): Promise<DatasetManifest>;
  /** Remove what was written so far. */
  abort(): Promise<void>;
}

/**
 * Write a prepared data set into a temporary folder and rename it when it is complete, so that a
 * reader never sees half a data set.
 *
 * @param dir - final folder; a data set that is already there is replaced at the very end
 * @throws DiptychError invalid_option - the folder holds other files, which would be lost
 */
export async function datasetWriter(
  dir: string,
  kind: DatasetManifest['kind'],
  imageSize: number,
): Promise<DatasetWriter> {
  const place = resolve(dir);
  const partial = `${place}.partial`;
  await refuseForeign(place);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const hash = { items: createHash('sha256'), pixels: createHash('sha256') };
  const [items, pixelFile, originals] = ['items.jsonl', 'pixels.bin', 'originals.bin'].map((name) =>
    createWriteStream(join(partial, name)),
  );
  const streams = [items, pixelFile, originals];
  let failure: Error | undefined;
  for (const stream of streams) stream.on('error', (error) => (failure ??= error));
  let offset = 0;
  let count = 0;
  let captions = 0;
  const views = new Map<number, number[]>();
  let viewCount = 0;

  async function write(stream: WriteStream, data: string | Uint8Array): Promise<void> {
    if (failure !== undefined) throw failure;
    if (!stream.write(data)) await once(stream, 'drain');
  }

  return {
    async add(item, image, pixels) {
      if (viewCount > 0) throw new Error(`${item.id}: expected every item before the first view`);
      const { id, title, captions: own, tags, ...rest } = item;
      const ref =
        'file' in image ? image : { offset, length: image.bytes.length, type: image.type };
      const line = `${JSON.stringify({ id, title, captions: own, tags, image: ref, ...rest })}\n`;
      hash.items.update(line);
      hash.pixels.update(pixels);
      await write(items, line);
      await write(pixelFile, pixels);
      if ('bytes' in image) {
        await write(originals, image.bytes);
        offset += image.bytes.length;
      }
      count += 1;
      captions += own.length;
    },
    async addView(item, pixels) {
      hash.pixels.update(pixels);
      await write(pixelFile, pixels);
      views.set(item, [...(views.get(item) ?? []), count + viewCount]);
      viewCount += 1;
    },
    async finish({ concepts, sources, skipped, inputKey, imageRule, heldOut = new Set() }) {
      const conceptLines = concepts.map((concept) => `${JSON.stringify(concept)}\n`).join('');
      await writeFile(join(partial, 'concepts.jsonl'), conceptLines);
      await writeFile(join(partial, 'report.json'), reportJson(count, viewCount, skipped));
      for (const stream of streams) stream.end();
      await Promise.all(streams.map((stream) => finished(stream)));
      const itemsDigest =
        heldOut.size + views.size === 0
          ? hash.items.digest()
          : await amendItems(join(partial, 'items.jsonl'), heldOut, views);
      const manifest: DatasetManifest = {
        formatVersion: datasetFormatVersion,
        name: basename(place),
        kind,
        imageSize,
        counts: {
          items: count,
          concepts: concepts.length,
          captions,
          ...(viewCount > 0 && { views: viewCount }),
        },
        sources,
        fingerprint: createHash('sha256')
          .update(itemsDigest)
          .update(createHash('sha256').update(conceptLines).digest())
          .update(hash.pixels.digest())
          .digest('hex'),
        inputKey,
        ...(imageRule && { imageRule }),
      };
      await writeFile(join(partial, 'dataset.json'), `${JSON.stringify(manifest, null, 2)}\n`);
      await mkdir(dirname(place), { recursive: true });
      await rm(place, { recursive: true, force: true });
      await rename(partial, place);
      return manifest;
    },
    async abort() {
      await Promise.all(streams.map(destroyAndWait));
      await rm(partial, { recursive: true, force: true });
    },
  };
}

async function refuseForeign(place: string): Promise<void> {
  const names = await readdir(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw new DiptychError('invalid_option', `--out ${place}: ${error.message}`);
  });
  if (names.length === 0 || names.includes('dataset.json')) return;
  throw new DiptychError(
    'invalid_option',
    `--out ${place} is a folder with other content (${names[0]}), which would be replaced; ` +
      'name a new folder or a prepared data set',
  );
}

/** Destroy a stream and wait: a stream that is still opening would recreate its removed file. */
async function destroyAndWait(stream: WriteStream): Promise<void> {
  if (stream.closed) return;
  await new Promise<void>((resolve) => stream.once('close', resolve).destroy());
}

/**
 * Rewrite items.jsonl with the final splits and views, which are only known after the last item.
 *
 * @returns SHA-256 of the file
 */
async function amendItems(
  file: string,
  heldOut: ReadonlySet<number>,
  views: ReadonlyMap<number, readonly number[]>,
): Promise<Buffer> {
  const hash = createHash('sha256');
  await pipeline(
    function* () {
      let ordinal = 0;
      for (const line of readFileLines(file)) {
        const item: Item = {
          ...(JSON.parse(line) as Item),
          ...(heldOut.has(ordinal) && { split: 'validation' }),
          ...(views.has(ordinal) && { views: views.get(ordinal) }),
        };
        ordinal += 1;
        const text = `${JSON.stringify(item)}\n`;
        hash.update(text);
        yield text;
      }
    },
    createWriteStream(`${file}.amended`),
  );
  await rename(`${file}.amended`, file);
  return hash.digest();
}

/** Write a report with a line for each skip. */
function reportJson(prepared: number, views: number, skipped: PrepareReport['skipped']): string {
  const lines = skipped.map((skip) => `\n    ${JSON.stringify(skip)}`).join(',');
  return `{
  "inputs": ${prepared + views + skipped.length},
  "prepared": ${prepared},${views === 0 ? '' : `\n  "views": ${views},`}
  "skipped": [${lines}${lines === '' ? '' : '\n  '}]
}\n`;
}
