import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CollectOptions } from '../../../gpu-embedder/operate/garbage/collect-garbage.ts';
import {
  readVersion,
  type VersionFolder,
} from '../../../gpu-embedder/operate/publish/read-version.ts';
import { rollBack } from '../../../gpu-embedder/operate/publish/roll-back.ts';
import { collectCollection } from '../../../gpu-embedder/operate/garbage/collect-collection.ts';
import { createCollection } from '../../../src/catalogue/collections.ts';
import { deleteItems } from '../../../src/items/delete-items.ts';
import { removeImages } from '../../../src/items/images.ts';
import { createJob, getJob, moveJob, type Job } from '../../../src/jobs/rows/jobs.ts';
import { ledgerCounts } from '../../../src/jobs/rows/ledger.ts';
import { addVersion, listVersions } from '../../../src/catalogue/versions.ts';
import { ingestItems } from '../../../src/items/ingest/ingest-items.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { readPlanBatch } from '../../../src/jobs/steps/plan-batch.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { planNextBatch } from '../../../src/jobs/steps/plan.ts';
import { embeddingPackKey, imagePackKey } from '../../../src/version/keys.ts';
import { purgeCollection } from '../../../src/items/remove/purge-collection.ts';
import { runJob } from '../../../src/jobs/run-job.ts';
import { switchVersion } from '../../../src/jobs/steps/switch-version.ts';
import { collection, storeModel, storeVersion, versionIds } from '../publish/stored-versions.ts';
import { writeTinyVersion, type TinyVersion } from '../../setup/tiny-version.ts';
import { testDatabases } from '../../support/catalogues.ts';
import { useDatabases } from '../../support/use-databases.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { compare, fakeEmbedder, model, numbered } from '../../jobs/job-fixture.ts';

const day = 24 * 3600_000;
const [v1, v2, v3] = versionIds;

describe.each(testDatabases)('what is collected, by the catalogue (%s)', (_, start) => {
  let root: string;
  let tiny: TinyVersion;
  let folder: VersionFolder;
  const databases = useDatabases(start);
  let objects: ObjectStore;
  let stores: Stores;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'diptych-collect-'));
    tiny = await writeTinyVersion(root, collection);
    folder = await readVersion(tiny.index);
  }, 120_000);
  afterAll(async () => {
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    objects = memoryStore();
    const catalogue = await databases.open();
    stores = { catalogue, objects };
    await createCollection(catalogue, collection);
    await ingest(numbered(3));
  });

  const ingest = (items: readonly object[]) =>
    ingestItems(
      { ...stores, fetchImage: () => Promise.reject(new Error('no network')) },
      collection,
      items,
    );

  /** Collect as if this much time had passed. */
  const collect = async (
    after = 0,
    options: Partial<CollectOptions & { orphans: boolean }> = {},
  ) => {
    const now = Date.now() + after;
    const { removed } = await collectCollection(stores, { collection, now, ...options });
    return removed.map(({ what }) => what);
  };
  const keys = async (prefix: string) => (await objects.list(prefix)).map(({ key }) => key);

  async function newJob(): Promise<Job> {
    const { job } = await createJob(stores.catalogue, { collection, modelHash: model.hash });
    return job!;
  }

  /** Run a job to its end. If a version is given, the job makes it the active one. */
  async function index(version?: string): Promise<string> {
    const { id } = await newJob();
    const counts = { items: 3, captions: 3, bytes: 1 };
    const build = async () => {
      if (version !== undefined) {
        await storeVersion(objects, folder, version);
        const row = { collection, version, modelHash: model.hash, jobId: id, ...counts };
        await addVersion(stores.catalogue, row);
      }
      return { version: version ?? 'none' };
    };
    const publish = async (job: Job) => {
      if (version !== undefined) await switchVersion(stores, job, version);
    };
    const run = { ...stores, embedder: fakeEmbedder(), build, compare, publish, owner: 'test' };
    expect(await runJob(run, id)).toMatchObject({ state: 'succeeded', inputs: 3 });
    return id;
  }

  const inLedger = async (job: string) => (await ledgerCounts(stores.catalogue, job)).inputs;

  it('a pack that is written and not yet named stays for a day, one that is named for ever', async () => {
    await index();
    const named = [...(await keys('images/')), ...(await keys('embeddings/'))];
    const [image, embedding] = [
      imagePackKey('ab'.repeat(32)),
      embeddingPackKey('model', 'cd'.repeat(32)),
    ];
    for (const key of [image, embedding, 'images/notes.txt']) {
      await objects.put(key, Uint8Array.of(1));
    }
    const packs = async () => (await collect(2 * day)).filter((what) => !what.startsWith('jobs/'));
    expect(await collect()).toEqual([]);
    expect(await collect(2 * day, { orphans: false, dryRun: true })).not.toContain(image);
    expect(await packs()).toEqual([image, embedding]);
    expect(await packs()).toEqual([]);
    expect(await keys('')).toEqual(expect.arrayContaining([...named, 'images/notes.txt']));
  });

  it('a pack of items that were deleted goes, where their purge broke off', async () => {
    const [first] = await keys('images/');
    await ingest(numbered(5).slice(3));
    await deleteItems(stores.catalogue, collection, ['item-00000', 'item-00001', 'item-00002']);
    const stuck = { ...objects, delete: () => Promise.reject(new Error('the network went away')) };
    await expect(purgeCollection({ ...stores, objects: stuck }, collection)).rejects.toThrow();
    expect(await keys('images/')).toContain(first);
    expect(await collect(2 * day)).toEqual([first]);
    expect(await keys('images/')).toHaveLength(1);
  });

  it('all packs stay where the catalogue names none of them, as if it were of another store', async () => {
    const [pack] = await keys('images/');
    const catalogue = await databases.open();
    await createCollection(catalogue, collection);
    stores = { catalogue, objects };
    expect(await collect(9 * day)).toEqual([]);
    expect(await keys('images/')).toEqual([pack]);
  });

  it('a pack that an active job names stays until the job has ended', async () => {
    const job = await newJob();
    await planNextBatch(stores, job);
    const { items } = await readPlanBatch(objects, job.id, 0);
    const pack = imagePackKey(items[0].image!.pack);
    await removeImages(
      stores.catalogue,
      items.map(({ image }) => image!.hash),
    );
    await ingest(numbered(5).slice(3));
    expect(await collect(2 * day)).toEqual([]);
    await moveJob(stores.catalogue, job.id, 'planning', 'cancelled');
    expect(await collect(2 * day)).toEqual([`jobs/${job.id}`, pack]);
  });

  it('a version that a running job builds or publishes stays, and goes when it has ended', async () => {
    await storeModel(objects, tiny.model, folder.manifest.model.hash);
    await index(v1);
    await index(v2);
    const { id } = await newJob();
    await moveJob(stores.catalogue, id, 'planning', 'building');
    const versions = async () => (await collect(2 * day, { keep: 1, dryRun: true })).filter((what) => /^\d{8}-/.test(what)); // prettier-ignore
    expect(await versions()).toEqual([]);
    await moveJob(stores.catalogue, id, 'building', 'publishing', { version: v1 });
    expect(await versions()).toEqual([]);
    await moveJob(stores.catalogue, id, 'publishing', 'failed');
    expect(await versions()).toEqual([v1]);
  });

  it('pages of a job go when it has ended for a day, its reports stay', async () => {
    const id = await index();
    const active = await newJob();
    await planNextBatch(stores, active);
    const ofActive = await keys(`jobs/${active.id}/`);
    const report = `jobs/${id}/report.json`;
    await objects.put(`jobs/${id}/report.html`, Buffer.from('<p>'));
    await objects.put('jobs/unknown/batch-0.json', Buffer.from('{}'));
    expect(await collect(day / 2)).toEqual([]);
    expect(await keys(`jobs/${id}/`)).toHaveLength(5);
    expect(await collect(2 * day)).toEqual([`jobs/${id}`, 'jobs/unknown']);
    expect(await keys('jobs/')).toEqual([`jobs/${id}/report.html`, report, ...ofActive].sort());
    const grace = { graceMs: 0 };
    await moveJob(stores.catalogue, active.id, 'planning', 'cancelled');
    expect(await collect(1000, grace)).toEqual([`jobs/${active.id}`]);
  });

  it('ledgers of the last jobs stay, and those behind versions', async () => {
    await storeModel(objects, tiny.model, folder.manifest.model.hash);
    const behind = await index(v1);
    const old = await index();
    const broken = await newJob();
    await planNextBatch(stores, broken);
    await moveJob(stores.catalogue, broken.id, 'planning', 'failed', { error: 'it broke off' });
    const last = await index();
    expect(await collect(0, { keep: 1, dryRun: true })).toHaveLength(2);
    expect(await Promise.all([behind, old, broken.id, last].map(inLedger))).toEqual([3, 3, 3, 3]);
    expect(await collect(0, { keep: 1 })).toEqual([
      `ledger of job ${broken.id}`,
      `ledger of job ${old}`,
    ]);
    expect(await Promise.all([behind, old, broken.id, last].map(inLedger))).toEqual([3, 0, 0, 3]);
    expect(await collect(0, { keep: 1 })).toEqual([]);
    expect((await getJob(stores.catalogue, broken.id))?.error).toBe('it broke off');
    const report = await objects.get(`jobs/${broken.id}/report.json`);
    expect(JSON.parse(Buffer.from(report!).toString())).toMatchObject({
      inputs: 3,
      reused: 0,
      pending: 3,
    });
  });

  it('the catalogue has the versions that the store has, and knows which is active', async () => {
    await storeModel(objects, tiny.model, folder.manifest.model.hash);
    for (const version of [v1, v2, v3]) await index(version);
    await rollBack(objects, collection, v2);
    expect(await collect(day / 2, { keep: 2 })).toContain(v1);
    const rows = await listVersions(stores.catalogue, collection);
    expect(Object.fromEntries(rows.map(({ version, state }) => [version, state]))).toEqual({
      [v2]: 'published',
      [v3]: 'retired',
    });
    // A pack of the same content has the same name.
    await index(v1);
    expect((await listVersions(stores.catalogue, collection))[0]).toMatchObject({
      version: v1,
      state: 'published',
    });
  });
});
