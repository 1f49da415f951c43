import { existsSync, openSync, readFileSync, readSync, closeSync, fstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DiptychError } from '../../src/errors.ts';
import type { Concept, DatasetManifest, Item } from './prepared.ts';

export interface PreparedDataset {
  readonly dir: string;
  readonly manifest: DatasetManifest;
  readonly items: readonly Item[];
  readonly concepts: ReadonlyMap<string, Concept>;
}

export function openDataset(dir: string): PreparedDataset {
  const path = join(dir, 'dataset.json');
  if (!existsSync(path)) throw new DiptychError('not_prepared', `${dir}: no prepared data set`);
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as DatasetManifest;
  const lines = <T>(name: string): T[] =>
    readFileSync(join(dir, name), 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l) as T);
  return { dir, manifest, items: lines<Item>('items.jsonl'), concepts: new Map(lines<Concept>('concepts.jsonl').map((c) => [c.id, c])) };
}

export function readPixels(dataset: PreparedDataset): Uint8Array {
  const file = openSync(join(dataset.dir, 'pixels.bin'), 'r');
  const size = fstatSync(file).size;
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  for (let at = 0; at < size; ) at += readSync(file, bytes, at, Math.min(1 << 27, size - at), at);
  closeSync(file);
  return bytes;
}

export async function readImageBytes(dataset: PreparedDataset, item: Item): Promise<Uint8Array> {
  if ('file' in item.image) return readFileSync(join(dataset.dir, item.image.file));
  const file = await open(join(dataset.dir, 'originals.bin'));
  try {
    const out = new Uint8Array(item.image.length);
    await file.read(out, 0, out.length, item.image.offset);
    return out;
  } finally {
    await file.close();
  }
}
