import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { decodeText } from '../../../src/text/decode-text.ts';
import { fileStamps, findFiles, pictureName } from './find-images.ts';
import { openImageFolder, type ImageFolder } from './image-folder.ts';
import { nameEncoding } from './read-text-lines.ts';
import type { Skip, Source, SourceItem } from './source.ts';
import { urlSafeId } from './url-safe-id.ts';

const textName = /\.txt$/i;

export interface TextFileOptions {
  /** Of texts without a byte order mark; default: UTF-8. */
  readonly encoding?: string;
  /** Whether links may lead out of the folder. */
  readonly followLinks?: boolean;
  /** Whether the name of the folder that an image lies in is its label. */
  readonly labelsFromFolders?: boolean;
}

/** A source of images in a folder; beside each, a .txt file of the same name has one caption a line. */
export async function textFileSource(dir: string, options: TextFileOptions = {}): Promise<Source> {
  const { names: images, skipped } = await findFiles(dir, pictureName, options.followLinks);
  const { names: texts } = await findFiles(dir, textName, options.followLinks);
  const textOf = new Map(texts.map((name) => [name.replace(textName, ''), name]));
  const stems = new Set(images.map((name) => name.replace(pictureName, '')));
  return {
    kind: 'folder',
    names: [basename(resolve(dir))],
    key: {
      images: resolve(dir),
      files: await fileStamps(dir, [...images, ...texts]),
      ...options,
    },
    progress: { label: 'Decoding', total: images.length },
    async *entries(onProgress) {
      yield* skipped;
      for (const [stem, where] of textOf) {
        if (stems.has(stem)) continue;
        yield { where, reason: 'there is no image of this name', code: 'caption_without_image' };
      }
      const folder = await openImageFolder(dir, options.followLinks);
      for (const [i, where] of images.entries()) {
        onProgress(i);
        yield await readImage(folder, where, textOf.get(where.replace(pictureName, '')), options);
      }
    },
  };
}

async function readImage(
  folder: ImageFolder,
  where: string,
  text: string | undefined,
  { encoding, labelsFromFolders }: TextFileOptions,
): Promise<SourceItem | Skip> {
  const image = await folder.locate(where);
  if ('code' in image) {
    const isBroken = image.code === 'caption_without_image';
    return {
      where,
      ...(isBroken ? { reason: 'it is a broken link', code: 'broken_image' } : image),
    };
  }
  const textFile = text === undefined ? undefined : await folder.locate(text);
  if (textFile && 'code' in textFile && textFile.code === 'outside_folder') {
    return { where, ...textFile };
  }
  const decoded =
    textFile && 'file' in textFile
      ? decodeText(await readFile(textFile.file), encoding)
      : { text: '' };
  if ('problem' in decoded) {
    return { where, reason: `${text}: ${decoded.problem}${nameEncoding}`, code: 'bad_encoding' };
  }
  const captions = captionLines(decoded.text);
  const inFolder = where.includes('/');
  const label = labelsFromFolders && inFolder ? basename(dirname(where)) : undefined;
  if (captions.length === 0 && label === undefined) {
    const missing = text === undefined ? 'there is no .txt file of this name' : `${text} is empty`;
    const hint = inFolder ? '; --labels-from-folders takes the name of its folder' : '';
    return { where, reason: `${missing}${hint}`, code: 'image_without_caption' };
  }
  return { where, id: urlSafeId(where), image, captions, tags: [], ...(label && { label }) };
}

/** List the captions of a text file, one a line. */
export function captionLines(text: string): readonly string[] {
  const lines = text.split(/[\r\n]/).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ''))];
}
