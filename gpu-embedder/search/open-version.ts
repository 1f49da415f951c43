import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseItems, type ItemColumns } from '../../src/artifact/items.ts';
import { parseManifest, type Manifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import type { Searcher } from '../../src/hnsw/searcher.ts';
import { loadKeywordIndex, type KeywordIndex } from '../../src/query/keyword-index.ts';
import { openSearcher } from '../index/open-searcher.ts';

/** An index version on this machine, opened for search as the edge opens it. */
export interface LocalVersion {
  readonly manifest: Manifest;
  readonly items: ItemColumns;
  readonly keywords: KeywordIndex;
  readonly images: Searcher;
}

/** @throws DiptychError `index_unreadable`, naming the file */
export async function openVersion(dir: string): Promise<LocalVersion> {
  const manifest = parseManifest(
    join(dir, 'manifest.json'),
    String(await read(dir, 'manifest.json')),
  );
  const [items, keywords, images] = await Promise.all(
    ['items.json', 'keywords.json', 'image.bin'].map(async (name) => {
      const bytes = await read(dir, name);
      const expected = manifest.files[name]?.bytes;
      if (bytes.length === expected) return bytes;
      throw new DiptychError(
        'index_unreadable',
        `${join(dir, name)}: expected ${expected} bytes as the manifest says, got ${bytes.length}`,
      );
    }),
  );
  return {
    manifest,
    items: parseItems(items.toString('utf8')),
    keywords: loadKeywordIndex(keywords.toString('utf8')),
    images: openSearcher(images, {
      name: join(dir, 'image.bin'),
      efSearch: manifest.image.efSearch,
      dim: manifest.model.embedDim,
    }),
  };
}

async function read(dir: string, name: string): Promise<Buffer> {
  const path = join(dir, name);
  return readFile(path).catch((cause: unknown) => {
    throw new DiptychError('index_unreadable', `${path}: ${String(cause)}`, undefined, { cause });
  });
}
