import { beforeEach, expect, test } from 'vitest';
import { verifyCollection } from '../../gpu-embedder/operate/verify/verify-collection.ts';
import { deleteItems } from '../../src/items/delete-items.ts';
import { moveJob } from '../../src/jobs/rows/jobs.ts';
import { insertLedger } from '../../src/jobs/rows/ledger.ts';
import { writeDeleted } from '../../src/items/remove/deleted-overlay.ts';
import { deletedKey } from '../../src/version/keys.ts';
import { startD1 } from '../support/catalogues.ts';
import { flipBit } from '../support/memory-store.ts';
import { useDatabases } from '../support/use-databases.ts';
import { collection, newJob, numbered, openFixture, svg, type Fixture } from './job-fixture.ts';

const databases = useDatabases(startD1);
let fixture: Fixture;

beforeEach(async () => {
  fixture = await openFixture(await databases.open());
  await fixture.ingest(numbered(20));
});

const verify = (quick = false) => verifyCollection(fixture, collection, { quick });
const pack = async () => (await fixture.objects.list('images/'))[0].key;

/** Do what `verify --repair` does. */
async function repair(): Promise<void> {
  for (const { apply } of (await verify()).repairs) await apply();
}

test('a collection that adds up has no differences', async () => {
  await deleteItems(fixture.catalogue, collection, ['item-00003']);
  await writeDeleted(fixture, collection);
  const { size } = (await fixture.objects.list('images/'))[0];
  const none = { count: 0, differences: [], repairs: [] };
  expect(await verify()).toMatchObject({ items: 19, images: 19, packs: 1, bytes: size, ...none });
  expect(await verify(true)).toMatchObject({ items: 19, packs: 1, bytes: 0, ...none });
});

test('a pack that is gone is told for each of its images, and all are counted', async () => {
  const first = await pack();
  await fixture.ingest(numbered(300));
  await fixture.objects.delete(first);
  const { count, differences } = await verify(true);
  expect([count, differences.length]).toEqual([20, 20]);
  expect(differences[7]).toMatchObject({
    kind: 'image_missing',
    where: 'item item-00007',
    got: 'no such object',
  });
  for (const { key } of await fixture.objects.list('images/')) await fixture.objects.delete(key);
  expect(await verify()).toMatchObject({ count: 300, images: 300, packs: 2 });
});

test('a flipped bit in a pack is told for the image that it hit, but not when sizes are compared', async () => {
  await flipBit(fixture.objects, await pack());
  const { count, differences } = await verify();
  expect(count).toBe(1);
  expect(differences[0]).toMatchObject({ kind: 'image_damaged' });
  expect((await verify(true)).count).toBe(0);

  const before = await fixture.objects.list('images/');
  await repair();
  const [left] = (await verify()).differences;
  expect(left).toMatchObject({ kind: 'image_missing', where: differences[0].where });
  expect(await verify()).toMatchObject({ count: 1, repairs: [] });
  expect(await fixture.objects.list('images/')).toEqual(expect.arrayContaining([...before]));

  expect(await fixture.ingest(numbered(20))).toHaveLength(20);
  expect((await verify()).count).toBe(0);
});

test('damage in bytes that no item of the collection uses is told of the pack, and mended', async () => {
  await fixture.ingest([{ ...numbered(1)[0], image: svg('another picture') }]);
  const { objects } = fixture;
  const packs = [...(await objects.list('images/'))].sort((a, b) => b.size - a.size);
  await flipBit(objects, packs[0].key, 5);
  const { differences } = await verify();
  expect(differences).toMatchObject([{ kind: 'image_pack_damaged', where: packs[0].key }]);
  await repair();
  expect((await verify()).count).toBe(0);
});

test('a pack that is cut short loses the images of its end, and keeps the others', async () => {
  const key = await pack();
  const bytes = (await fixture.objects.get(key))!;
  await fixture.objects.put(key, bytes.slice(0, bytes.length / 2));
  const { count, repairs } = await verify();
  expect(count).toBeGreaterThan(8);
  expect(count).toBeLessThan(12);
  expect(repairs).toHaveLength(1);
  await repair();
  expect((await verify()).count).toBe(count);
  expect((await verify()).repairs).toEqual([]);
  await fixture.ingest(numbered(20));
  expect((await verify()).count).toBe(0);
});

test('a repair is not done where somebody has stored the pack again meanwhile', async () => {
  const key = await pack();
  await fixture.objects.delete(key);
  const { repairs } = await verify();
  await fixture.ingest(numbered(20));
  for (const { apply } of repairs) await apply();
  expect((await verify()).count).toBe(0);
});

test('a deleted item that the edge was not told of is told, and the edge is told', async () => {
  await deleteItems(fixture.catalogue, collection, ['item-00003']);
  expect((await verify()).differences).toMatchObject([
    { kind: 'deleted_shown', where: 'item item-00003' },
  ]);
  await repair();
  expect((await verify()).count).toBe(0);
});

test('a list of deleted items that cannot be read is told, and written again', async () => {
  await fixture.objects.put(deletedKey(collection), Buffer.from('{'));
  expect((await verify()).differences).toMatchObject([{ kind: 'deleted_unreadable' }]);
  await repair();
  expect((await verify()).count).toBe(0);
});

test('an item that a restored catalogue has again stays hidden', async () => {
  const hidden = Buffer.from(JSON.stringify({ ids: ['item-00004'] }));
  await fixture.objects.put(deletedKey(collection), hidden);
  expect(await verify()).toMatchObject({
    differences: [{ kind: 'hidden_not_deleted', where: 'item item-00004' }],
    repairs: [],
  });
});

test('a job that says it succeeded and left items pending is told', async () => {
  const { catalogue } = fixture;
  const job = await newJob(fixture);
  await catalogue.atomically(insertLedger(catalogue, job.id, 0, [{ itemId: 'item-00001' }]));
  await moveJob(catalogue, job.id, 'planning', 'succeeded');
  expect((await verify()).differences).toMatchObject([
    { kind: 'ledger_open', where: `job ${job.id}`, expected: '1 items with a result', got: '0' },
  ]);
});
