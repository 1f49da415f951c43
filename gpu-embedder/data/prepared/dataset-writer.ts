import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DiptychError } from '../../../src/errors.ts';
import type { FileEntry } from '../../../src/search/open/read-file.ts';
import { fingerprintOf } from './fingerprint.ts';
import { hashedFile } from '../../common/hashed-file.ts';
import { namingFile } from '../../common/system-error.ts';
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
  const at = (name: string) => join(partial, name);
  const [items, pixelFile, originals] = ['items.jsonl', 'pixels.bin', 'originals.bin'].map((name) =>
    hashedFile(at(name)),
  );
  let offset = 0;
  let count = 0;
  let captions = 0;
  const views = new Map<number, number[]>();
  let viewCount = 0;

  return {
    async add(item, image, pixels) {
      if (viewCount > 0) throw new Error(`${item.id}: expected every item before the first view`);
      const { id, title, captions: own, tags, ...rest } = item;
      const ref =
        'file' in image ? image : { offset, length: image.bytes.length, type: image.type };
      await items.write(
        `${JSON.stringify({ id, title, captions: own, tags, image: ref, ...rest })}\n`,
      );
      await pixelFile.write(pixels);
      if ('bytes' in image) {
        await originals.write(image.bytes);
        offset += image.bytes.length;
      }
      count += 1;
      captions += own.length;
    },
    async addView(item, pixels) {
      await pixelFile.write(pixels);
      views.set(item, [...(views.get(item) ?? []), count + viewCount]);
      viewCount += 1;
    },
    async finish({ concepts, sources, skipped, inputKey, imageRule, heldOut = new Set() }) {
      const conceptLines = concepts.map((concept) => `${JSON.stringify(concept)}\n`).join('');
      const written = await items.finish();
      const files = {
        'items.jsonl':
          heldOut.size + views.size === 0
            ? written
            : await amendItems(at('items.jsonl'), heldOut, views),
        'concepts.jsonl': await writeWhole(at('concepts.jsonl'), conceptLines),
        'pixels.bin': await pixelFile.finish(),
        'originals.bin': await originals.finish(),
        'report.json': await writeWhole(at('report.json'), reportJson(count, viewCount, skipped)),
      };
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
        fingerprint: fingerprintOf(files),
        inputKey,
        files,
        ...(imageRule && { imageRule }),
      };
      const json = `${JSON.stringify(manifest, null, 2)}\n`;
      await namingFile(at('dataset.json'), () => writeFile(at('dataset.json'), json));
      await mkdir(dirname(place), { recursive: true });
      await rm(place, { recursive: true, force: true });
      await rename(partial, place);
      return manifest;
    },
    async abort() {
      await Promise.all([items, pixelFile, originals].map((file) => file.abort()));
      await rm(partial, { recursive: true, force: true });
    },
  };
}

async function refuseForeign(place: string): Promise<void> {
  const names = await readdir(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw new DiptychError('invalid_option', `--out ${place}: ${error.message}`);
  });
  // A data set may have lost its manifest.
  const isDataset = ['items.jsonl', 'pixels.bin'].every((name) => names.includes(name));
  if (names.length === 0 || names.includes('dataset.json') || isDataset) return;
  throw new DiptychError(
    'invalid_option',
    `--out ${place} is a folder with other content (${names[0]}), which would be replaced; ` +
      'name a new folder or a prepared data set',
  );
}

async function writeWhole(path: string, text: string): Promise<FileEntry> {
  const file = hashedFile(path);
  await file.write(text);
  return file.finish();
}

/** Rewrite items.jsonl with the final splits and views, which are only known after the last item. */
async function amendItems(
  file: string,
  heldOut: ReadonlySet<number>,
  views: ReadonlyMap<number, readonly number[]>,
): Promise<FileEntry> {
  const amended = hashedFile(`${file}.amended`);
  let ordinal = 0;
  for (const line of readFileLines(file)) {
    const item: Item = {
      ...(JSON.parse(line) as Item),
      ...(heldOut.has(ordinal) && { split: 'validation' }),
      ...(views.has(ordinal) && { views: views.get(ordinal) }),
    };
    ordinal += 1;
    await amended.write(`${JSON.stringify(item)}\n`);
  }
  const entry = await amended.finish();
  await rename(`${file}.amended`, file);
  return entry;
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
