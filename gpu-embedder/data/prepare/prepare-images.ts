import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DiptychError } from '../../../src/errors.ts';
import type { CaptionEntry } from '../readers/caption-source.ts';
import { fileStamps, findFiles, pictureName } from '../readers/find-images.ts';
import { openImageFolder, type ImageFolder } from '../readers/image-folder.ts';
import { groupRows, type CaptionedImage } from '../readers/group-rows.ts';
import type { PrepareResult } from './prepare-result.ts';
import { prepareSource, type PrepareOptions } from './prepare-source.ts';
import { readCaptions, type CaptionColumns } from '../readers/read-captions.ts';
import { readCoco } from '../readers/read-coco.ts';
import { textFileSource, type TextFileOptions } from '../readers/read-text-files.ts';
import type { Skip, Source, SourceItem } from '../readers/source.ts';

/** A folder of images; captions name an image by its path in the folder. */
export interface FolderInput extends TextFileOptions {
  readonly images: string;
  /** .csv, .tsv or .jsonl file; without one, each image has a .txt file of its captions. */
  readonly captions?: string;
  readonly columns?: CaptionColumns;
}
export interface CocoInput extends Omit<TextFileOptions, 'labelsFromFolders'> {
  readonly images: string;
  /** COCO captions json. */
  readonly annotations: string;
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
  const { images, captions, columns = {}, encoding, followLinks, labelsFromFolders } = input;
  if (captions === undefined) {
    if (Object.values(columns).some((name) => name !== undefined && name !== false)) {
      throw new DiptychError('invalid_option', 'Column names need a captions file: add --captions');
    }
    return textFileSource(images, { encoding, followLinks, labelsFromFolders });
  }
  if (labelsFromFolders) {
    const message = '--labels-from-folders and --captions: expected one of them, got both';
    throw new DiptychError('invalid_option', message);
  }
  const entries = readCaptions(captions, columns, encoding);
  return captionedImages('folder', images, captions, entries, { columns, encoding, followLinks });
}

export async function cocoSource(input: CocoInput): Promise<Source> {
  const { images, annotations, encoding, followLinks } = input;
  const entries = readCoco(annotations, encoding);
  return captionedImages('coco', images, annotations, entries, { encoding, followLinks });
}

interface ReadSettings {
  readonly columns?: CaptionColumns;
  readonly encoding?: string;
  readonly followLinks?: boolean;
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
  settings: ReadSettings,
): Promise<Source> {
  const found = await findFiles(images, pictureName, settings.followLinks);
  const present = found.names;
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
      yield* found.skipped;
      for (const where of uncaptioned) {
        yield { where, reason: 'no caption', code: 'image_without_caption' };
      }
      const folder = await openImageFolder(images, settings.followLinks);
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
  return 'code' in place ? { where: rest.where, ...place } : { ...rest, image: place };
}

async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
