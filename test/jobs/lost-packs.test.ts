import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rollBack } from '../../gpu-embedder/operate/publish/roll-back.ts';
import { verifyCollection } from '../../gpu-embedder/operate/verify/verify-collection.ts';
import { activeKey, versionKey } from '../../src/version/keys.ts';
import { readPointer } from '../../src/version/move-pointer.ts';
import { createJob, getJob } from '../../src/jobs/rows/jobs.ts';
import { reportJob, type JobReport } from '../../src/jobs/report/job-report.ts';
import { startD1, type TestDatabases } from '../support/catalogues.ts';
import { flipBit } from '../support/memory-store.ts';
import { collection, numbered, openFixture, type Fixture } from './job-fixture.ts';
import { openRealJobs, runners, type RealJobs, type Runner } from './real-jobs.ts';

/** A bucket that lost something is told of, and everything comes back from the same pictures. */

const drawn = (count: number, from = 0) =>
  numbered(from + count, (i) => ({ image: picture(i) })).slice(from);

function picture(i: number): string {
  const rect = `<rect width="8" height="8" fill="#${String(100000 + i * 999)}"/>`;
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">${rect}</svg>`;
  return Buffer.from(text).toString('base64');
}

let jobs: RealJobs;
let d1: TestDatabases;
let fixture: Fixture;

beforeAll(async () => {
  [jobs, d1] = await Promise.all([openRealJobs(), startD1()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([jobs?.close(), d1?.stop()]);
});
beforeEach(async () => {
  fixture = await openFixture(await d1.open());
  await fixture.ingest(drawn(20));
});

const verify = () => verifyCollection(fixture, collection);
const keysOf = (prefix: string) =>
  [...fixture.objects.objects.keys()].filter((key) => key.startsWith(prefix));

async function repair(): Promise<void> {
  for (const { apply } of (await verify()).repairs) await apply();
}

async function index(run: Runner): Promise<JobReport> {
  const { catalogue } = fixture;
  const { job } = await createJob(catalogue, { collection, modelHash: jobs.modelHash });
  await run({ ...jobs.workOn(fixture), embedder: jobs.embedder }, job!.id);
  return reportJob(fixture, (await getJob(catalogue, job!.id))!);
}

describe.each(runners)('a job run %s', (_, run) => {
  test('fails alone the items whose image is lost, until the same images come again', async () => {
    const [first] = keysOf('images/');
    await fixture.ingest(drawn(10, 20));
    await index(run);
    fixture.objects.objects.delete(keysOf('images/').find((key) => key !== first)!);
    for (const key of keysOf('embeddings/')) fixture.objects.objects.delete(key);

    const report = await index(run);
    expect(report).toMatchObject({
      ...{ state: 'succeeded', inputs: 30, indexed: 20, encoded: 20, pending: 0 },
      failed: { image_missing: 10 },
    });
    expect(report.items[0]).toMatchObject({ id: 'item-00020', code: 'image_missing' });
    expect(report.items[0].reason).toMatch(/^expected its image in images\/.*: ingest it again$/);
    const { differences } = await verify();
    expect(differences.filter(({ kind }) => kind === 'image_missing')).toHaveLength(10);

    const again = await fixture.ingest(drawn(10, 20));
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set(['unchanged']));
    expect(await index(run)).toMatchObject({ indexed: 30, reused: 20, encoded: 10, failed: {} });
    expect((await verify()).count).toBe(0);
  });
});

const run = runners[0][1];

test('an image whose bytes have changed fails alone, and is not encoded', async () => {
  await flipBit(fixture.objects, keysOf('images/')[0]);
  const report = await index(run);
  expect(report).toMatchObject({ inputs: 20, indexed: 19, failed: { image_missing: 1 } });
  expect(report.items[0].reason).toContain('expected an image with SHA-256');
  await repair();
  await fixture.ingest(drawn(20));
  expect(await index(run)).toMatchObject({ indexed: 20, reused: 19, encoded: 1 });
  expect((await verify()).count).toBe(0);
});

test('an item that comes with a lost image is stored with it', async () => {
  for (const key of keysOf('images/')) fixture.objects.objects.delete(key);
  await fixture.ingest([{ id: 'new', image: picture(3) }]);
  expect(await verify()).toMatchObject({ items: 21, count: 19 });
  expect(await index(run)).toMatchObject({ indexed: 2, failed: { image_missing: 19 } });
});

test('images that lie in many packs come together in one when they are taken in again', async () => {
  for (const item of drawn(12, 20)) await fixture.ingest([item]);
  const before = keysOf('images/').length;
  await fixture.ingest(drawn(12, 20));
  expect(keysOf('images/')).toHaveLength(before + 1);
  expect(await verify()).toMatchObject({ packs: 2, count: 0 });
  await fixture.ingest(drawn(12, 20));
  expect(keysOf('images/')).toHaveLength(before + 1);
});

test('a flipped bit in a pack of embeddings is told, and the next job encodes them again', async () => {
  await index(run);
  const [key] = keysOf('embeddings/');
  await flipBit(fixture.objects, key);
  expect((await verify()).differences).toMatchObject([{ kind: 'embeddings_damaged', where: key }]);
  await repair();
  expect((await verify()).count).toBe(0);
  expect(await index(run)).toMatchObject({ indexed: 20, encoded: 20 });
  expect((await verify()).count).toBe(0);
});

test('every damaged file of the active version is told', async () => {
  await index(run);
  const { pointer } = await readPointer(fixture.objects, collection);
  for (const file of ['image.bin', 'captions.table']) {
    await flipBit(fixture.objects, versionKey(collection, pointer!.version, file));
  }
  const { differences } = await verify();
  expect(differences.map(({ kind }) => kind)).toEqual(['version_damaged', 'version_damaged']);
  expect((await verifyCollection(fixture, collection, { quick: true })).count).toBe(0);
});

describe('a pointer', () => {
  beforeEach(async () => void (await index(run)));

  test.each([
    ['is missing', 'pointer_missing', () => fixture.objects.delete(activeKey(collection))],
    [
      'cannot be read',
      'pointer_unreadable',
      () => fixture.objects.put(activeKey(collection), Buffer.from('{')),
    ],
  ])('that %s is told, and comes back', async (_, kind, damage) => {
    const { pointer } = await readPointer(fixture.objects, collection);
    await damage();
    expect((await verify()).differences).toMatchObject([{ kind }]);
    await repair();
    expect((await verify()).count).toBe(0);
    const { version } = (await readPointer(fixture.objects, collection)).pointer!;
    expect(version).toBe(pointer!.version);
    await damage();
    const backed = rollBack(fixture.objects, collection);
    await expect(backed).rejects.toThrow(`name one; the store has: ${version}`);
    expect(await rollBack(fixture.objects, collection, version)).toEqual({
      ...{ collection, version, from: null },
    });
  });

  test('is not restored to a version whose files are damaged', async () => {
    const { pointer } = await readPointer(fixture.objects, collection);
    await fixture.objects.delete(activeKey(collection));
    await flipBit(fixture.objects, versionKey(collection, pointer!.version, 'image.bin'));
    expect((await verify()).count).toBe(2);
    await expect(repair()).rejects.toMatchObject({ code: 'index_unreadable' });
    expect((await readPointer(fixture.objects, collection)).pointer).toBeNull();
  });

  test('that is older than the catalogue is told, and one that went back is not', async () => {
    const key = activeKey(collection);
    const old = (await fixture.objects.get(key))!;
    await fixture.ingest(drawn(1, 20));
    await index(run);
    const { version } = (await readPointer(fixture.objects, collection)).pointer!;
    await rollBack(fixture.objects, collection);
    expect((await verify()).count).toBe(0);

    await fixture.objects.put(key, old);
    expect((await verify()).differences).toMatchObject([{ kind: 'pointer_outdated', where: key }]);
    await repair();
    expect((await readPointer(fixture.objects, collection)).pointer).toMatchObject({ version });
    expect((await verify()).count).toBe(0);
  });
});
