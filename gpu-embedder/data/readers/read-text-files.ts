import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { decodeText } from '../../../src/text/decode-text.ts';
import {
  fileStamps,
  findFiles,
  imageName,
  openImageFolder,
  type ImageFolder,
} from './find-images.ts';
import { nameEncoding } from './read-text-lines.ts';
import type { Skip, Source, SourceItem } from './source.ts';
import { urlSafeId } from './url-safe-id.ts';

const textName = /\.txt$/i;

/** A source of images in a folder; beside each, a .txt file of the same name has one caption a line. */
export async function textFileSource(dir: string, encoding?: string): Promise<Source> {
  const images = await findFiles(dir, imageName);
  const texts = await findFiles(dir, textName);
  const textOf = new Map(texts.map((name) => [name.replace(textName, ''), name]));
  const stems = new Set(images.map((name) => name.replace(imageName, '')));
  return {
    kind: 'folder',
    names: [basename(resolve(dir))],
    key: {
      images: resolve(dir),
      encoding,
      files: await fileStamps(dir, [...images, ...texts]),
    },
    progress: { label: 'Decoding', total: images.length },
    async *entries(onProgress) {
      for (const [stem, where] of textOf) {
        if (stems.has(stem)) continue;
        yield { where, reason: 'there is no image of this name', code: 'caption_without_image' };
      }
      const folder = await openImageFolder(dir);
      for (const [i, where] of images.entries()) {
        onProgress(i);
        const text = textOf.get(where.replace(imageName, ''));
        yield await readImage(folder, where, text, encoding);
      }
    },
  };
}

async function readImage(
  folder: ImageFolder,
  where: string,
  text: string | undefined,
  encoding: string | undefined,
): Promise<SourceItem | Skip> {
  const [image, textFile] = await Promise.all([
    folder.locate(where),
    text === undefined ? ('missing' as const) : folder.locate(text),
  ]);
  if (image === 'outside' || textFile === 'outside') {
    return { where, reason: `a link leads out of ${folder.dir}`, code: 'outside_folder' };
  }
  if (image === 'missing') return { where, reason: 'it is a broken link', code: 'broken_image' };
  const decoded =
    textFile === 'missing' ? { text: '' } : decodeText(await readFile(textFile.file), encoding);
  if ('problem' in decoded) {
    return { where, reason: `${text}: ${decoded.problem}${nameEncoding}`, code: 'bad_encoding' };
  }
  const captions = captionLines(decoded.text);
  if (captions.length === 0) {
    const reason = text === undefined ? 'there is no .txt file of this name' : `${text} is empty`;
    return { where, reason, code: 'image_without_caption' };
  }
  return { where, id: urlSafeId(where), image, captions, tags: [] };
}

/** List the captions of a text file, one a line. */
export function captionLines(text: string): readonly string[] {
  const lines = text.split(/[\r\n]/).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ''))];
}
