import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTarShards } from '../../../gpu-embedder/data/prepare/prepare-shards.ts';
import { ingestSource } from '../../../gpu-embedder/operate/ingest/ingest-source.ts';
import { writeTar, type Member } from '../../data/write-tar.ts';
import { openFixture } from '../../jobs/job-fixture.ts';
import { startD1 } from '../../support/catalogues.ts';
import { useDatabases } from '../../support/use-databases.ts';

const databases = useDatabases(startD1);

const sample = (key: string, id: string, text: string): Member[] => [
  [`${key}.svg`, `<svg xmlns="http://www.w3.org/2000/svg"><title>${text}</title></svg>`],
  [`${key}.json`, JSON.stringify({ id, caption: text })],
];

test('the first item of an id counts, and a second run finds all unchanged', async () => {
  const { ingest } = await openFixture(await databases.open());
  const dir = await mkdtemp(join(tmpdir(), 'diptych-repeated-'));
  try {
    const shards = ['0.tar', '1.tar'].map((name) => join(dir, name));
    writeTar(shards[0], [...sample('a', '1', 'one'), ...sample('a', '2', 'key again')]);
    writeTar(shards[1], [...sample('b', '1', 'id again'), ...sample('c', '3', 'three')]);
    const run = async () => ingestSource(await openTarShards({ shards }), ingest, 0);
    const counts = { inputs: 4, updated: 0, skipped: { duplicate_id: 2 }, failed: {} };
    const first = await run();
    expect(first).toMatchObject({ ...counts, created: 2, unchanged: 0 });
    expect(first.problems.map(({ where }) => where)).toEqual(['0.tar:a.svg', '1.tar:b.svg']);
    expect(await run()).toMatchObject({ ...counts, created: 0, unchanged: 2 });
  } finally {
    await rm(dir, { recursive: true });
  }
});
