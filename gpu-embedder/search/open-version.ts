import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseItems, type ItemColumns } from '../../src/artifact/items.ts';
import { vectorFile } from '../../src/artifact/keys.ts';
import { parseManifest, type Manifest } from '../../src/artifact/manifest.ts';
import { DiptychError } from '../../src/errors.ts';
import { joinSearchers } from '../../src/hnsw/join-searchers.ts';
import type { Searcher } from '../../src/hnsw/searcher.ts';
import { loadKeywordIndex, type KeywordIndex } from '../../src/search/keywords/keyword-index.ts';
import { openSearcher } from '../index/open-searcher.ts';

/** An index version on this machine, opened for search as the edge opens it. */
export interface LocalVersion {
  readonly manifest: Manifest;
  readonly items: ItemColumns;
  readonly keywords: KeywordIndex;
  readonly images: Pick<Searcher, 'search' | 'score'>;
}

/**
 * @throws DiptychError `index_unreadable`, naming the file; `invalid_option` where the vectors are
 *   in Vectorize
 */
export async function openVersion(dir: string): Promise<LocalVersion> {
  const manifest = parseManifest(
    join(dir, 'manifest.json'),
    String(await read(dir, 'manifest.json')),
  );
  if (manifest.vectors !== 'isolate') {
    const message = `${dir}: expected vectors in the isolate, got ${manifest.vectors}`;
    throw new DiptychError('invalid_option', `${message}: search it through the worker`);
  }
  const [items, keywords] = await Promise.all(
    ['items.json', 'keywords.json'].map((name) => readListed(dir, manifest, name)),
  );
  return {
    manifest,
    items: parseItems(items.toString('utf8')),
    keywords: loadKeywordIndex(keywords.toString('utf8')),
    images: await openImages(dir, manifest),
  };
}

async function openImages(dir: string, manifest: Manifest): Promise<LocalVersion['images']> {
  const { image, model, shards } = manifest;
  const open = async (shard?: number) => {
    const name = vectorFile('image', shard);
    const bytes = await readListed(dir, manifest, name);
    const { efSearch } = image;
    return openSearcher(bytes, { name: join(dir, name), efSearch, dim: model.embedDim });
  };
  if (!shards) return open();
  const parts = shards.map(async (shard, i) => ({ range: shard.image, searcher: await open(i) }));
  return joinSearchers(await Promise.all(parts));
}

/** Read a file that the manifest names. */
async function readListed(dir: string, { files }: Manifest, name: string): Promise<Buffer> {
  const bytes = await read(dir, name);
  const expected = files[name]?.bytes;
  if (bytes.length === expected) return bytes;
  throw new DiptychError(
    'index_unreadable',
    `${join(dir, name)}: expected ${expected} bytes as the manifest says, got ${bytes.length}`,
  );
}

async function read(dir: string, name: string): Promise<Buffer> {
  const path = join(dir, name);
  return readFile(path).catch((cause: unknown) => {
    throw new DiptychError('index_unreadable', `${path}: ${String(cause)}`, undefined, { cause });
  });
}
