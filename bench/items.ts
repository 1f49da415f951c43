import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { IndexedItem } from '../src/version/items.ts';
import {
  readCaptionTable,
  writeCaptionTable,
  type IndexedCaption,
} from '../src/version/tables/caption-table.ts';
import { readItemTable, writeItemTable } from '../src/version/tables/item-table.ts';
import type { BenchOptions } from './bench.ts';

interface ItemsRow {
  readonly content: string;
  readonly kind: 'JSON' | 'table';
  readonly fileMB: number;
  /** Heap and array buffers that are held after opening. */
  readonly heldMB: number;
  /** What the memory budget counts: JSON took more while it was parsed. */
  readonly countedMB: number;
  /** Times are the fastest of `rounds`. */
  readonly openMs: number;
  /** Microseconds to find an id; null for captions, which have none. */
  readonly findUs: number | null;
  /** Microseconds to show a result. */
  readonly showUs: number;
}

interface Opened {
  readonly find?: (i: number) => unknown;
  readonly show: (i: number) => unknown;
}

/** The same content in a file of either kind. A table is checked as in a worker, JSON only parsed. */
interface Side {
  readonly kind: ItemsRow['kind'];
  readonly bytes: Uint8Array;
  readonly open: (bytes: Uint8Array) => Opened;
}

/** What the budget counts for a byte of a file. */
const countedFactor = { JSON: 4, table: 1 };
const rounds = 7;
const reads = 2000;

export const question =
  'How much memory and time do items and captions take, as JSON in columns and as tables?';
export const flags = ['count'] as const;

export async function run({ count = '50000' }: BenchOptions = {}): Promise<ItemsRow[]> {
  const items = Array.from({ length: Number(count) }, (_, i) => photo(i));
  const captions = items.map(({ title }, i) => ({ text: `${title}, number ${i}`, items: [i] }));
  const rows: ItemsRow[] = [];
  for (const [content, sides] of [
    ['items', itemSides(items)],
    ['captions', captionSides(captions)],
  ] as const) {
    for (const side of sides) rows.push({ content, ...(await measure(side, items.length)) });
  }
  return rows;
}

/** An item as a folder of photographs gives it: a path of 32 characters, a title of about 40. */
function photo(i: number): IndexedItem & { title: string } {
  const words = ['a dog', 'two people', 'red car', 'mountain lake', 'wooden cabin', 'café'];
  const word = (n: number) => words[Math.floor(i / words.length ** n) % words.length];
  return {
    id: `photos/2024/IMG_${String(i).padStart(8, '0')}.jpeg`,
    title: `${word(0)} near ${word(1)} with ${word(2)}`,
    ...{ set: `album ${i % 40}`, width: 4032 - (i % 7), height: 3024 },
    preview: { offset: 9000 * i, length: 9000, type: 'image/webp' },
  };
}

/** JSON in columns is what versions before manifest format 3 held. */
function itemSides(items: readonly IndexedItem[]): Side[] {
  const setNames = [...new Set(items.map(({ set }) => set))];
  const columns = {
    ids: items.map(({ id }) => id),
    titles: items.map(({ title }) => title),
    ...{ setNames, sets: items.map(({ set }) => setNames.indexOf(set)) },
    widths: items.map(({ width }) => width),
    heights: items.map(({ height }) => height),
    previews: {
      types: items.map(() => 0),
      offsets: items.map(({ preview }) => preview.offset),
      lengths: items.map(({ preview }) => preview.length),
    },
  };
  return [
    jsonSide(columns, (parsed) => ({
      find: (i) => parsed.ids.indexOf(items[i].id),
      show: (i) => ({
        ...{ id: parsed.ids[i], title: parsed.titles[i], set: parsed.setNames[parsed.sets[i]] },
        ...{ width: parsed.widths[i], height: parsed.heights[i] },
        preview: { offset: parsed.previews.offsets[i], length: parsed.previews.lengths[i] },
      }),
    })),
    {
      kind: 'table',
      bytes: writeItemTable(items),
      open: (bytes) => {
        const table = readItemTable(bytes);
        return { find: (i) => table.find(items[i].id), show: (i) => table.at(i) };
      },
    },
  ];
}

function captionSides(captions: readonly IndexedCaption[]): Side[] {
  const columns = {
    texts: captions.map(({ text }) => text),
    items: captions.map(({ items }) => items),
  };
  return [
    jsonSide(columns, ({ texts, items }) => ({
      show: (i) => [texts[i], items[i].slice(0, 8)],
    })),
    {
      kind: 'table',
      bytes: writeCaptionTable(captions),
      open: (bytes) => {
        const { texts, itemsOf } = readCaptionTable(bytes, captions.length);
        return { show: (i) => [texts.at(i), itemsOf(i).slice(0, 8)] };
      },
    },
  ];
}

function jsonSide<T>(columns: T, opened: (parsed: T) => Opened): Side {
  return {
    kind: 'JSON',
    bytes: new TextEncoder().encode(JSON.stringify(columns)),
    open: (bytes) => opened(JSON.parse(new TextDecoder().decode(bytes)) as T),
  };
}

async function measure({ kind, bytes, open }: Side, count: number) {
  let held = 0;
  const opening: number[] = [];
  let opened: Opened | undefined;
  for (let round = 0; round < rounds; round++) {
    opened = undefined;
    const before = await usedBytes();
    // A worker reads each file into memory of its own.
    let file: Uint8Array | undefined = bytes.slice();
    const start = performance.now();
    opened = open(file);
    opening.push(performance.now() - start);
    file = undefined;
    held = (await usedBytes()) - before;
  }
  const { find, show } = opened!;
  return {
    kind,
    fileMB: megabytes(bytes.length),
    heldMB: megabytes(held),
    countedMB: megabytes(countedFactor[kind] * bytes.length),
    openMs: rounded(Math.min(...opening)),
    findUs: find ? eachUs(find, count) : null,
    showUs: eachUs(show, count),
  };
}

/** The heap and array buffers that are still in use after a collection. */
async function usedBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Array buffers that a collection frees are counted off in a later task.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => void setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function eachUs(read: (i: number) => unknown, count: number): number {
  const times = Array.from({ length: rounds }, () => {
    const results: unknown[] = [];
    const start = performance.now();
    for (let i = 0; i < reads; i++) results.push(read((i * 7919) % count));
    const us = ((performance.now() - start) * 1000) / reads;
    // Without a use of the results, the compiler leaves the reading out.
    if (results.includes(undefined)) throw new Error('expected a result for each row, got fewer');
    return us;
  });
  return rounded(Math.min(...times));
}

const megabytes = (bytes: number) => rounded(bytes / 1e6);
const rounded = (value: number) => Number(value.toFixed(2));
