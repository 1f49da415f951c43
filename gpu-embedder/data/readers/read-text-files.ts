import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import {
  fileStamps,
  findFiles,
  openImageFolder,
  pictureName,
  type ImageFolder,
} from './find-images.ts';
import type { Skip, Source, SourceItem } from './source.ts';
import { urlSafeId } from './url-safe-id.ts';

const textName = /\.txt$/i;

/** A source of images in a folder; beside each, a .txt file of the same name has one caption a line. */
export async function textFileSource(dir: string): Promise<Source> {
  const images = await findFiles(dir, pictureName);
  const texts = await findFiles(dir, textName);
  const textOf = new Map(texts.map((name) => [name.replace(textName, ''), name]));
  const stems = new Set(images.map((name) => name.replace(pictureName, '')));
  return {
    kind: 'folder',
    names: [basename(resolve(dir))],
    key: {
      images: resolve(dir),
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
        yield await readImage(folder, where, textOf.get(where.replace(pictureName, '')));
      }
    },
  };
}

async function readImage(
  folder: ImageFolder,
  where: string,
  text: string | undefined,
): Promise<SourceItem | Skip> {
  const [image, textFile] = await Promise.all([
    folder.locate(where),
    text === undefined ? ('missing' as const) : folder.locate(text),
  ]);
  if (image === 'outside' || textFile === 'outside') {
    return { where, reason: `a link leads out of ${folder.dir}`, code: 'outside_folder' };
  }
  if (image === 'missing') return { where, reason: 'it is a broken link', code: 'broken_image' };
  const captions = textFile === 'missing' ? [] : captionLines(await readFile(textFile.file));
  if (captions.length === 0) {
    const reason = text === undefined ? 'there is no .txt file of this name' : `${text} is empty`;
    return { where, reason, code: 'image_without_caption' };
  }
  return { where, id: urlSafeId(where), image, captions, tags: [] };
}

/** List the captions of a text file, one a line. */
export function captionLines(text: Uint8Array): readonly string[] {
  const lines = Buffer.from(text)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split('\n');
  return [...new Set(lines.map((line) => line.trim()).filter((line) => line !== ''))];
}
