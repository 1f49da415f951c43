import { beforeEach, expect, test } from 'vitest';
import { embeddingPackKey, itemsFile, modelKey, versionKey } from '../../src/version/keys.ts';
import { writeItemTable } from '../../src/version/tables/item-table.ts';
import { textHash } from '../../src/catalogue/content-hash.ts';
import { deleteItems } from '../../src/items/delete-items.ts';
import { findEmbeddings } from '../../src/items/embeddings.ts';
import { verifyCollection } from '../../gpu-embedder/operate/verify/verify-collection.ts';
import { purgeCollection } from '../../src/items/remove/purge-collection.ts';
import { runJob } from '../../src/jobs/run-job.ts';
import { startD1 } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';
import {
  collection,
  model,
  newJob,
  numbered,
  openFixture,
  standInWork,
  svg,
  type FakeEmbedder,
  type Fixture,
} from '../jobs/job-fixture.ts';

const databases = useDatabases(startD1);
let fixture: Fixture;

beforeEach(async () => {
  fixture = await openFixture(await databases.open());
  await fixture.ingest(numbered(20, (i) => ({ captions: [`caption of ${i}`] })));
});

const purge = () => purgeCollection(fixture, collection);

async function index(): Promise<FakeEmbedder['calls']> {
  const work = standInWork(fixture);
  await runJob({ ...work, owner: 'test' }, (await newJob(fixture)).id);
  return work.embedder.calls;
}

/** Whether any object of a kind holds these bytes. */
async function holds(prefix: string, wanted: Buffer): Promise<boolean> {
  for (const { key } of await fixture.objects.list(prefix)) {
    if (Buffer.from((await fixture.objects.get(key))!).includes(wanted)) return true;
  }
  return false;
}

const pictureOf = (i: number) => Buffer.from(svg(`picture ${i}`), 'base64');

/** Publish the model's description, which says how long an embedding is. */
const publishModel = () =>
  fixture.objects.put(modelKey(model.hash, 'model.json'), Buffer.from(JSON.stringify(model)));

async function embeddingOf(text: string): Promise<Buffer> {
  const hash = await textHash(text);
  const place = (await findEmbeddings(fixture.catalogue, model.hash, { text: [hash] })).text.get(
    hash,
  )!;
  const pack = await fixture.objects.get(embeddingPackKey(model.hash, place.pack));
  return Buffer.from(pack!.subarray(16 * place.rowIndex, 16 * place.rowIndex + 16));
}

test('nothing of a deleted item is left, and all of the others', async () => {
  await publishModel();
  await index();
  const embedding = await embeddingOf('caption of 3');
  const other = await embeddingOf('caption of 4');
  await deleteItems(fixture.catalogue, collection, ['item-00003']);
  expect(await holds('images/', pictureOf(3))).toBe(true);
  expect(await holds('embeddings/', embedding)).toBe(true);

  expect(await purge()).toMatchObject({ items: 1, images: 1, embeddings: 2, kept: 0 });
  expect(await holds('images/', pictureOf(3))).toBe(false);
  expect(await holds('embeddings/', embedding)).toBe(false);
  expect(await holds('images/', pictureOf(4))).toBe(true);
  expect(await embeddingOf('caption of 4')).toEqual(other);
  expect(await verifyCollection(fixture, collection)).toMatchObject({ items: 19, differences: [] });
  expect(await index()).toEqual([]);
  expect(await purge()).toMatchObject({ items: 0, packs: 0 });
});

test.each([
  ['cut short', (bytes: Uint8Array) => bytes.slice(0, -8)],
  ['damaged', (bytes: Uint8Array) => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))],
])('a pack of embeddings that is %s goes as a whole, and is made again', async (_, damage) => {
  await publishModel();
  await index();
  const other = await embeddingOf('caption of 4');
  for (const { key } of await fixture.objects.list('embeddings/')) {
    await fixture.objects.put(key, damage((await fixture.objects.get(key))!));
  }
  await deleteItems(fixture.catalogue, collection, ['item-00003']);
  await purge();
  expect(await fixture.objects.list('embeddings/')).toEqual([]);
  expect(await index()).not.toEqual([]);
  expect(await embeddingOf('caption of 4')).toEqual(other);
});

test('an image that another item shows stays', async () => {
  await fixture.ingest([{ id: 'copy', image: svg('picture 3') }]);
  await deleteItems(fixture.catalogue, collection, ['item-00003']);
  expect(await purge()).toMatchObject({ items: 1, images: 0 });
  expect(await holds('images/', pictureOf(3))).toBe(true);
});

test('an item that a version still has stays hidden', async () => {
  const preview = { offset: 0, length: 1, type: 'image/png' };
  const key = versionKey(collection, 'v1', itemsFile);
  const table = writeItemTable([{ id: 'item-00003', title: '3', preview }]);
  await fixture.objects.put(key, table);
  await deleteItems(fixture.catalogue, collection, ['item-00003', 'item-00004']);
  expect(await purge()).toMatchObject({ items: 1, kept: 1 });
  await fixture.objects.delete(key);
  expect(await purge()).toMatchObject({ items: 1, kept: 0 });
});

test('is refused while a job is under way', async () => {
  const job = await newJob(fixture);
  await expect(purge()).rejects.toMatchObject({ code: 'job_busy', details: { job: job.id } });
});
