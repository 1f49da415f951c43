import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DiptychError } from '../../../src/errors.ts';
import type { CaptionEntry } from '../readers/caption-source.ts';
import {
  fileStamps,
  findImageFiles,
  openImageFolder,
  type ImageFolder,
} from '../readers/find-images.ts';
import { groupRows, type CaptionedImage } from '../readers/group-rows.ts';
import type { PrepareResult } from './prepare-result.ts';
import { prepareSource, type PrepareOptions } from './prepare-source.ts';
import { readCaptions, type CaptionColumns } from '../readers/read-captions.ts';
import { readCoco } from '../readers/read-coco.ts';
import { textFileSource } from '../readers/read-text-files.ts';
import type { Skip, Source, SourceItem } from '../readers/source.ts';

/** A folder of images; captions name an image by its path in the folder. */
export interface FolderInput {
  readonly images: string;
  /** .csv, .tsv or .jsonl file; without one, each image has a .txt file of its captions. */
  readonly captions?: string;
  readonly columns?: CaptionColumns;
  /** Of texts without a byte order mark; default: UTF-8. */
  readonly encoding?: string;
}
export interface CocoInput {
  readonly images: string;
  /** COCO captions json. */
  readonly annotations: string;
  readonly encoding?: string;
}
export type PrepareFolderOptions = FolderInput & PrepareOptions;
export type PrepareCocoOptions = CocoInput & PrepareOptions;

/** Prepare a folder of images with a captions file, or with a text file for each image. */
export async function prepareFolder(options: PrepareFolderOptions): Promise<PrepareResult> {
  return prepareSource(await folderSource(options), options);
}

/** Prepare images with COCO captions json. */
export async function prepareCoco(options: PrepareCocoOptions): Promise<PrepareResult> {
  return prepareSource(await cocoSource(options), options);
}

export async function folderSource(input: FolderInput): Promise<Source> {
  const { images, captions, columns = {}, encoding } = input;
  if (captions === undefined) {
    if (Object.values(columns).some((name) => name !== undefined)) {
      throw new DiptychError('invalid_option', 'Column names need a captions file: add --captions');
    }
    return textFileSource(images, encoding);
  }
  const entries = readCaptions(captions, columns, encoding);
  return captionedImages('folder', images, captions, entries, { ...columns, encoding });
}

export async function cocoSource({ images, annotations, encoding }: CocoInput): Promise<Source> {
  return captionedImages('coco', images, annotations, readCoco(annotations, encoding), {
    encoding,
  });
}

/**
 * A source of the images that a captions file names.
 *
 * @param settings - what the captions file is read with, for the key of the source
 */
async function captionedImages(
  kind: 'folder' | 'coco',
  images: string,
  captionsFile: string,
  entries: AsyncIterable<CaptionEntry>,
  settings: CaptionColumns & { readonly encoding?: string },
): Promise<Source> {
  const present = await findImageFiles(images);
  // COCO lists images without captions itself; elsewhere they are the files that no row names.
  const uncaptioned = new Set(kind === 'coco' ? [] : present);
  const grouped = await groupRows(entries, (image) => uncaptioned.delete(image));
  return {
    kind,
    names: [basename(captionsFile)],
    key: {
      settings,
      images: resolve(images),
      captions: await fileHash(captionsFile),
      files: await fileStamps(images, present),
    },
    progress: { label: 'Decoding', total: grouped.images },
    async *entries(onProgress) {
      yield* grouped.readSkipped();
      for (const where of uncaptioned) {
        yield { where, reason: 'no caption', code: 'image_without_caption' };
      }
      const folder = await openImageFolder(images);
      let done = 0;
      for (const image of grouped.readImages()) {
        onProgress(done++);
        yield await locate(folder, image);
      }
    },
    close: () => grouped.close(),
  };
}

async function locate(
  folder: ImageFolder,
  { image, ...rest }: CaptionedImage,
): Promise<SourceItem | Skip> {
  const place = await folder.locate(image);
  if (typeof place === 'object') return { ...rest, image: place };
  const { where } = rest;
  return place === 'missing'
    ? { where, reason: `there is no ${image} in ${folder.dir}`, code: 'caption_without_image' }
    : { where, reason: `${image} lies outside ${folder.dir}`, code: 'outside_folder' };
}

async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
