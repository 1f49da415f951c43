import { env } from 'cloudflare:test';
import { expect, it } from 'vitest';
import migration from '../../migrations/d1/0001_catalogue.sql?raw';
import { deleteItems } from '../../src/items/delete-items.ts';
import { listItems } from '../../src/items/items.ts';
import { createJob } from '../../src/jobs/rows/jobs.ts';
import { migrate } from '../../src/catalogue/schema/migrate.ts';
import { openD1, type D1Binding } from '../../src/catalogue/drivers/open-d1.ts';
import { upsertItems } from '../../src/items/upsert-items.ts';

it('works on the binding of a worker', async () => {
  const catalogue = openD1((env as unknown as { CATALOGUE: D1Binding }).CATALOGUE);
  await migrate(catalogue, [{ name: '0001_catalogue.sql', sql: migration }]);
  const items = Array.from({ length: 300 }, (_, i) => ({
    id: `i${String(i).padStart(3, '0')}`,
    title: `🎂 ${i}`,
    captions: ['a', 'b'],
  }));
  expect(await upsertItems(catalogue, 'c', items)).toEqual(items.map(() => 'created'));
  expect(await upsertItems(catalogue, 'c', items)).toEqual(items.map(() => 'unchanged'));
  expect(await deleteItems(catalogue, 'c', ['i000', 'nowhere'])).toEqual(['deleted', 'absent']);
  const page = await listItems(catalogue, { collection: 'c', limit: 2 });
  expect(page).toMatchObject({ items: [{ id: 'i001', title: '🎂 1' }, {}], next: 'i002' });
  const { job } = await createJob(catalogue, { collection: 'c', modelHash: 'm' });
  const second = await createJob(catalogue, { collection: 'c', modelHash: 'm' });
  expect(second.refusedBy).toBe(job!.id);
});
