import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DiptychError } from '../../src/errors.ts';
import type { CaptionSource } from './caption-source.ts';
import { fileStamps, findImages, locateImage } from './find-images.ts';
import { groupRows, type CaptionedImage } from './group-rows.ts';
import type { PrepareResult } from './prepare-result.ts';
import { prepareSource, type PrepareOptions } from './prepare-source.ts';
import { readCaptions, type CaptionColumns } from './read-captions.ts';
import { readCoco } from './read-coco.ts';
import { textFileSource } from './read-text-files.ts';
import type { Skip, Source, SourceItem } from './source.ts';

interface ImagesOptions extends PrepareOptions {
  /** Folder of the images; captions name them by their path under it. */
  readonly images: string;
}
export interface PrepareFolderOptions extends ImagesOptions {
  /** .csv, .tsv or .jsonl file; without one, each image has a .txt file of its captions. */
  readonly captions?: string;
  readonly columns?: CaptionColumns;
}
export interface PrepareCocoOptions extends ImagesOptions {
  /** COCO captions json. */
  readonly annotations: string;
}

/** Prepare a folder of images with a captions file, or with a text file for each image. */
export async function prepareFolder(options: PrepareFolderOptions): Promise<PrepareResult> {
  const { images, captions, columns = {} } = options;
  if (captions === undefined) {
    if (Object.values(columns).some((name) => name !== undefined)) {
      throw new DiptychError('invalid_option', 'Columns are named, but no file with --captions');
    }
    return prepareSource(await textFileSource(images), options);
  }
  const read = await readCaptions(captions, columns);
  return prepareSource(await captionedImages('folder', images, captions, read, columns), options);
}

/** Prepare images with COCO captions json. */
export async function prepareCoco(options: PrepareCocoOptions): Promise<PrepareResult> {
  const { images, annotations } = options;
  const read = await readCoco(annotations);
  return prepareSource(await captionedImages('coco', images, annotations, read), options);
}

/** A source of images in a folder that a file of captions names. */
async function captionedImages(
  kind: 'folder' | 'coco',
  images: string,
  captionsFile: string,
  { rows, skipped, mentioned }: CaptionSource,
  columns: CaptionColumns = {},
): Promise<Source> {
  const present = await findImages(images);
  const grouped = groupRows(rows);
  const named = new Set([...mentioned].map((name) => name.replace(/^\.\//, '')));
  // COCO lists its images itself.
  const silent = kind === 'coco' ? [] : present.filter((name) => !named.has(name));
  return {
    kind,
    names: [basename(captionsFile)],
    key: {
      columns,
      images: resolve(images),
      captions: await fileHash(captionsFile),
      files: await fileStamps(images, present),
    },
    progress: { label: 'Decoding', total: grouped.images.length },
    async *entries(onProgress) {
      yield* skipped;
      yield* grouped.skipped;
      for (const where of silent) {
        yield { where, reason: 'no caption', code: 'image_without_caption' };
      }
      for (const [i, image] of grouped.images.entries()) {
        onProgress(i);
        yield await locate(images, image);
      }
    },
  };
}

async function locate(dir: string, { image, ...rest }: CaptionedImage): Promise<SourceItem | Skip> {
  const place = await locateImage(dir, image);
  if (typeof place === 'object') return { ...rest, image: place };
  const { where } = rest;
  return place === 'missing'
    ? { where, reason: `there is no ${image} in ${dir}`, code: 'caption_without_image' }
    : { where, reason: `${image} lies outside ${dir}`, code: 'outside_folder' };
}

async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
