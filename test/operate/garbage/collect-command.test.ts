import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CollectResult } from '../../../gpu-embedder/operate/garbage/collect-garbage.ts';
import { readMigrations } from '../../../gpu-embedder/operate/catalogue/read-migrations.ts';
import { localCatalogue } from '../../../gpu-embedder/operate/store/local-d1.ts';
import { localR2Store } from '../../../gpu-embedder/operate/store/local-r2-store.ts';
import { createCollection } from '../../../src/catalogue/collections.ts';
import { migrate } from '../../../src/catalogue/schema/migrate.ts';
import { runDiptych } from '../../cli/run-diptych.ts';

let workDir: string;
const collect = (...flags: string[]) =>
  runDiptych('versions', 'collect', '--work-dir', workDir, ...flags);

beforeAll(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'diptych-collect-'));
});
afterAll(() => rm(workDir, { recursive: true, force: true }));

test.each([
  [['--store', 'https://diptych.example', '--database', 'local'], '--database local'],
  [['--store', 'WORK/folder', '--database', 'local'], '--database local'],
  [['--database', 'planetscale'], '--database planetscale'],
])('the catalogue of another store is not asked: %j', async (flags, message) => {
  const { code, stderr } = await collect(...flags.map((flag) => flag.replace('WORK', workDir)));
  expect(code).toBe(1);
  expect(stderr).toContain(
    `error[invalid_option]: ${message}: expected the catalogue of the store`,
  );
});

test('jobs are for a catalogue to judge that has the collection', async () => {
  const store = async () => localR2Store(`${workDir}/store/r2`);
  const page = 'jobs/nobody-knows/batch-0.json';
  const objects = await store();
  await objects.put(page, Buffer.from('{}'));
  await objects.close();

  const without = await collect('--collection', 'things');
  expect(without).toMatchObject({ code: 0, stdout: '0 were removed, 0.0 MB\n' });
  expect(without.stderr).toContain('no catalogue was asked');
  expect(await readdir(`${workDir}/store`)).toEqual(['r2']);

  const catalogue = await localCatalogue(`${workDir}/store/d1`);
  await migrate(catalogue, await readMigrations('d1'));
  await createCollection(catalogue, 'things');
  await catalogue.close();
  expect((await collect('--collection', 'others')).stderr).toContain('no catalogue was asked');
  const named = await collect('--collection', 'others', '--database', 'local');
  expect(named).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown_collection') });
  const known = await collect('--collection', 'things', '--json');
  expect(known).toMatchObject({ code: 0, stderr: '' });
  // The page stays, because it is younger than a day.
  expect((JSON.parse(known.stdout) as CollectResult).removed).toEqual([]);
}, 60_000);
