import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { startD1Runtime } from '../gpu-embedder/operate/store/d1-runtime.ts';
import { readMigrations } from '../gpu-embedder/operate/catalogue/read-migrations.ts';
import type { Catalogue } from '../src/catalogue/catalogue.ts';
import { deleteItems } from '../src/items/delete-items.ts';
import { listItems, type ItemFilter } from '../src/items/items.ts';
import { migrate } from '../src/catalogue/schema/migrate.ts';
import { openD1 } from '../src/catalogue/drivers/open-d1.ts';
import { upsertItems } from '../src/items/upsert-items.ts';
import type { BenchOptions } from './bench.ts';

export interface CatalogueRow {
  readonly work: string;
  readonly items: number;
  readonly pages: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** p50 as a multiple of that of SELECT 1, which also crosses into the runtime once. */
  readonly ratio: number;
}

export const question =
  'How long does a page of 100 items take on the local D1, compared with SELECT 1?';
export const flags = ['items', 'rounds'] as const;

const collection = 'bench';
const pageSize = 100;

/** Kinds of work take turns, a page each per round, so that other load affects all of them. */
export async function run(options: BenchOptions = {}): Promise<CatalogueRow[]> {
  const count = Number(options['items'] ?? 20_000);
  const rounds = Number(options['rounds'] ?? 150);
  const dir = await mkdtemp(join(tmpdir(), 'diptych-bench-'));
  const runtime = await startD1Runtime({ CATALOGUE: 'bench' }, dir);
  try {
    const catalogue = openD1(runtime.open('CATALOGUE'));
    await migrate(catalogue, await readMigrations('d1'));
    const filled = performance.now();
    await fill(catalogue, count);
    process.stderr.write(`${count} items in ${Math.round(performance.now() - filled)} ms\n`);
    return await measure(catalogue, count, rounds);
  } finally {
    await runtime.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

const idOf = (i: number) => `item-${String(i).padStart(6, '0')}`;

async function fill(catalogue: Catalogue, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1000) {
    const items = Array.from({ length: Math.min(1000, count - at) }, (_, i) => ({
      id: idOf(at + i),
      title: `Picture ${at + i}`,
      set: `set-${(at + i) % 10}`,
      label: `label-${(at + i) % 100}`,
      imageHash: String(at + i).padStart(64, '0'),
      captions: [`a picture of number ${at + i}`, `number ${at + i}, seen from above`],
      tags: ['picture', `tag-${(at + i) % 50}`],
    }));
    await upsertItems(catalogue, collection, items);
  }
}

async function measure(
  catalogue: Catalogue,
  count: number,
  rounds: number,
): Promise<CatalogueRow[]> {
  const pages = Math.floor(count / pageSize);
  /** Spread the pages over the collection, so that a cache does not help. */
  const place = (round: number) => ((round * 7919) % pages) * pageSize;
  const list = (filter: ItemFilter) => (round: number) =>
    listItems(catalogue, { collection, after: idOf(place(round)), limit: pageSize, filter });
  const works: Readonly<Record<string, (round: number) => Promise<unknown>>> = {
    'select 1': () => sql`select 1`.execute(catalogue.db),
    'list a page': list({}),
    'list a page of a set (1 in 10)': list({ set: 'set-3' }),
    'list a page of a label (1 in 100)': list({ label: 'label-42' }),
    'list a page with captions': list({ hasCaptions: true }),
    'delete a page': (round) =>
      deleteItems(
        catalogue,
        collection,
        Array.from({ length: pageSize }, (_, i) => idOf(place(round) + i)),
      ),
  };
  const times = Object.fromEntries(Object.keys(works).map((work) => [work, [] as number[]]));
  // The first ten rounds are a warm-up.
  for (let round = -10; round < rounds; round++) {
    for (const [work, page] of Object.entries(works)) {
      const started = performance.now();
      await page(round + 10);
      if (round >= 0) times[work].push(performance.now() - started);
    }
  }
  const bare = at(times['select 1'], 0.5);
  return Object.entries(times).map(([work, all]) => {
    const [p50Ms, p99Ms] = [at(all, 0.5), at(all, 0.99)];
    return { work, items: count, pages: all.length, p50Ms, p99Ms, ratio: p50Ms / bare };
  });
}

function at(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
