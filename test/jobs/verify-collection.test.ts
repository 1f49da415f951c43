import { beforeEach, expect, test } from 'vitest';
import { verifyCollection } from '../../gpu-embedder/operate/jobs/verify-collection.ts';
import { deleteItems } from '../../src/items/delete-items.ts';
import { moveJob } from '../../src/jobs/rows/jobs.ts';
import { insertLedger } from '../../src/jobs/rows/ledger.ts';
import { writeDeleted } from '../../src/items/remove/deleted-overlay.ts';
import { startD1 } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';
import { collection, newJob, numbered, openFixture, type Fixture } from './job-fixture.ts';

const databases = useDatabases(startD1);
let fixture: Fixture;

beforeEach(async () => {
  fixture = await openFixture(await databases.open());
  await fixture.ingest(numbered(20));
});

const verify = () => verifyCollection(fixture, collection);

test('a collection that adds up has no differences', async () => {
  await deleteItems(fixture.catalogue, collection, ['item-00003']);
  await writeDeleted(fixture, collection);
  expect(await verify()).toMatchObject({ items: 19, images: 19, packs: 1, differences: [] });
});

test('a pack that is gone is told for each of its images', async () => {
  const [{ key }] = await fixture.objects.list('images/');
  await fixture.objects.delete(key);
  const { differences } = await verify();
  expect(differences).toHaveLength(20);
  expect(differences[7]).toContain('item-00007');
});

test('a deleted item that the edge was not told of is told', async () => {
  await deleteItems(fixture.catalogue, collection, ['item-00003']);
  expect((await verify()).differences).toEqual([
    'item item-00003 is deleted, but the edge shows it',
  ]);
});

test('a job that says it succeeded and left items pending is told', async () => {
  const { catalogue } = fixture;
  const job = await newJob(fixture);
  await catalogue.atomically(insertLedger(catalogue, job.id, 0, [{ itemId: 'item-00001' }]));
  await moveJob(catalogue, job.id, 'planning', 'succeeded');
  expect((await verify()).differences).toEqual([
    `job ${job.id}: expected 1 items with a result, got 0`,
  ]);
});
