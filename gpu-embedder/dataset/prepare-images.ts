import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { defaults } from '../../src/config.ts';
import { progressBar } from '../progress.ts';
import type { CaptionSource, Skip } from './caption-row.ts';
import { datasetWriter, type NewImage, type NewItem } from './dataset-writer.ts';
import { decodeImage } from './decode-image.ts';
import { findImages, locateImage } from './find-images.ts';
import { groupRows, type CaptionedImage } from './group-rows.ts';
import { prepareResult, type PrepareResult } from './prepare-result.ts';
import { datasetFormatVersion, type DatasetManifest } from './prepared.ts';
import { readCaptions, type CaptionColumns } from './read-captions.ts';
import { readCoco } from './read-coco.ts';
import { inputKeyOf, reuseDataset } from './reuse-dataset.ts';

interface ImagesOptions {
  /** Folder of the images; captions name them by their path under it. */
  readonly images: string;
  readonly out: string;
  /** Side of an image, pixels. */
  readonly imageSize?: number;
}
export interface PrepareFolderOptions extends ImagesOptions {
  /** .csv, .tsv or .jsonl file. */
  readonly captions: string;
  readonly columns?: CaptionColumns;
}
export interface PrepareCocoOptions extends ImagesOptions {
  /** COCO captions json. */
  readonly annotations: string;
}

/** Changes when the same sources give another data set. */
const codeVersion = 1;

/** Images decoded at a time; sharp decodes on libuv's threads. */
const inFlight = 16;

/** Prepare a folder of images with a captions file. */
export async function prepareFolder(options: PrepareFolderOptions): Promise<PrepareResult> {
  const { captions, columns = {} } = options;
  const source = await readCaptions(captions, columns);
  return prepareImages('folder', options, captions, columns, source);
}

/** Prepare images with COCO captions json. */
export async function prepareCoco(options: PrepareCocoOptions): Promise<PrepareResult> {
  const { annotations } = options;
  return prepareImages('coco', options, annotations, {}, await readCoco(annotations));
}

async function prepareImages(
  kind: DatasetManifest['kind'],
  { images, out, imageSize = defaults.imageSize }: ImagesOptions,
  captionsFile: string,
  columns: CaptionColumns,
  source: CaptionSource,
): Promise<PrepareResult> {
  const present = await findImages(images);
  const inputKey = inputKeyOf({
    codeVersion,
    datasetFormatVersion,
    kind,
    imageSize,
    columns,
    images: resolve(images),
    captions: await fileHash(captionsFile),
    files: await Promise.all(
      present.map(async (name) => {
        const { size, mtimeMs } = await stat(resolve(images, name)).catch(() => brokenLink);
        return [name, size, mtimeMs];
      }),
    ),
  });
  const reused = reuseDataset(out, inputKey);
  if (reused !== undefined) return reused;

  const grouped = groupRows(source.rows);
  const skipped: Skip[] = [...source.skipped, ...grouped.skipped];
  const mentioned = new Set([...source.mentioned].map((name) => name.replace(/^\.\//, '')));
  if (kind === 'folder') {
    for (const name of present) {
      if (mentioned.has(name)) continue;
      skipped.push({ where: name, reason: 'no caption', code: 'image_without_caption' });
    }
  }
  const writer = await datasetWriter(out, kind, imageSize);
  const progress = progressBar('Decoding', grouped.images.length);
  try {
    for (let start = 0; start < grouped.images.length; start += inFlight) {
      const batch = grouped.images.slice(start, start + inFlight);
      const decoded = await Promise.all(batch.map((image) => decode(images, image, imageSize)));
      for (const result of decoded) {
        if ('code' in result) skipped.push(result);
        else await writer.add(result.item, result.image, result.pixels);
      }
      progress.update(start + batch.length);
    }
    const sources = [{ name: basename(captionsFile) }];
    const manifest = await writer.finish({ concepts: [], sources, skipped, inputKey });
    const prepared = manifest.counts.items;
    const report = { inputs: prepared + skipped.length, prepared, skipped };
    return prepareResult(out, manifest, report, false);
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    progress.stop();
  }
}

async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

const brokenLink = { size: -1, mtimeMs: 0 };

async function decode(
  dir: string,
  { id, where, image, captions, tags }: CaptionedImage,
  size: number,
): Promise<Skip | { item: NewItem; image: NewImage; pixels: Uint8Array }> {
  const place = await locateImage(dir, image);
  if (place === 'missing') {
    const reason = `there is no ${image} in ${dir}`;
    return { where, reason, code: 'caption_without_image' };
  }
  if (place === 'outside') {
    return { where, reason: `${image} lies outside ${dir}`, code: 'outside_folder' };
  }
  try {
    const { pixels, type } = await decodeImage(place.file, size);
    return {
      item: { id, title: captions[0], captions, tags, palette: 'colour', split: 'train' },
      image: { file: place.file, type },
      pixels,
    };
  } catch (error) {
    const reason = `${image}: ${(error as Error).message.split('\n')[0]}`;
    return { where, reason, code: 'broken_image' };
  }
}
