import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { verifyCollection } from '../../gpu-embedder/operate/verify/verify-collection.ts';
import { versionKey } from '../../src/version/keys.ts';
import { readPointer } from '../../src/version/move-pointer.ts';
import { createJob, getJob } from '../../src/jobs/rows/jobs.ts';
import type { Embedder } from '../../src/embedder/embedder.ts';
import { DiptychError } from '../../src/errors.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { reportJob } from '../../src/jobs/report/job-report.ts';
import {
  startD1,
  startPlanetScale,
  type MariadbDatabases,
  type TestDatabases,
} from '../support/catalogues.ts';
import { findMariadbd } from '../support/mariadb.ts';
import { collection, numbered, openFixture, type Fixture } from './job-fixture.ts';
import { openRealJobs, published, runners, type RealJobs, type Runner } from './real-jobs.ts';

/** A job that meets failures ends with the same version as a job that meets none. */

const count = 300;
const items = numbered(count, (i) => ({ image: picture(i) }));
const corrupt = { id: 'corrupt', image: base64('<svg xmlns="http://www.w3.org/2000/svg"><g') };

function picture(i: number): string {
  const colour = (i * 54321).toString(16).padStart(6, '0').slice(-6);
  const rect = `<rect width="8" height="8" fill="#${colour}"/>`;
  return base64(`<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">${rect}</svg>`);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

let jobs: RealJobs;
let d1: TestDatabases;
let undisturbed: object;

beforeAll(async () => {
  [jobs, d1] = await Promise.all([openRealJobs(), startD1()]);
  const fixture = await open(d1);
  await runners[0][1]({ ...jobs.workOn(fixture), embedder: jobs.embedder }, await start(fixture));
  undisturbed = await published(fixture);
}, 120_000);
afterAll(async () => {
  await Promise.all([jobs?.close(), d1?.stop()]);
});

async function open(databases: TestDatabases, now?: () => number): Promise<Fixture> {
  const fixture = await openFixture(await databases.open({ now }));
  await fixture.ingest([...items, corrupt]);
  return fixture;
}

async function start({ catalogue }: Fixture): Promise<string> {
  const { job } = await createJob(catalogue, { collection, modelHash: jobs.modelHash });
  return job!.id;
}

/** The numbers add up, everything is where it should be, and the version is the one expected. */
async function expectWhole(fixture: Fixture, job: string): Promise<void> {
  const report = await reportJob(fixture, (await getJob(fixture.catalogue, job))!);
  expect(report).toMatchObject({
    ...{ state: 'succeeded', error: null, pending: 0 },
    ...{ inputs: count + 1, indexed: count, skipped: {}, failed: { unreadable_image: 1 } },
  });
  expect(await published(fixture)).toEqual(undisturbed);
  expect((await verifyCollection(fixture, collection)).differences).toEqual([]);
}

test('a version that lost its items is told by what is wrong with it, not by each item', async () => {
  const fixture = await open(d1);
  await runners[0][1]({ ...jobs.workOn(fixture), embedder: jobs.embedder }, await start(fixture));
  const { pointer } = await readPointer(fixture.objects, collection);
  const key = versionKey(collection, pointer!.version, 'items.table');
  await fixture.objects.delete(key);
  expect((await verifyCollection(fixture, collection)).differences).toMatchObject([
    {
      kind: 'version_damaged',
      where: `version ${pointer!.version}`,
      got: `${key}: expected an object, got none`,
    },
  ]);
});

describe.each(runners)('a job run %s', (_, run: Runner) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await open(d1);
  });

  test('comes to the version of an undisturbed one', async () => {
    const job = await start(fixture);
    await run({ ...jobs.workOn(fixture), embedder: jobs.embedder }, job);
    await expectWhole(fixture, job);
  });

  test('does not mind a store that fails now and then', async () => {
    const random = createRandom(1);
    let failures = 0;
    const put: ObjectStore['put'] = async (key, ...rest) => {
      if (random.uniform() < 0.2) {
        failures += 1;
        // In half of the cases, the write succeeded although its answer was lost.
        if (random.uniform() < 0.5) await fixture.objects.put(key, ...rest);
        throw new DiptychError('store_failed', `${key}: injected`, { refused: false });
      }
      return fixture.objects.put(key, ...rest);
    };
    const job = await start(fixture);
    const stores = { ...fixture, objects: { ...fixture.objects, put } };
    await run({ ...jobs.workOn(stores), embedder: jobs.embedder }, job);
    expect(failures).toBeGreaterThan(2);
    await expectWhole(fixture, job);
  });

  test('waits for embedders that go away, before they work and after', async () => {
    const random = createRandom(2);
    let failures = 0;
    const embedder: Embedder = {
      ...jobs.embedder,
      async encode(...asked) {
        const fate = failures < 50 ? random.integer(3) : 2;
        if (fate === 1) await jobs.embedder.encode(...asked);
        if (fate === 2) return jobs.embedder.encode(...asked);
        failures += 1;
        throw new DiptychError('embedder_unavailable', 'injected');
      },
    };
    const job = await start(fixture);
    await run({ ...jobs.workOn(fixture), embedder }, job);
    expect(failures).toBeGreaterThan(0);
    await expectWhole(fixture, job);
  });

  test('gives up a batch that always fails, and goes on with the rest', async () => {
    let tries = 0;
    const embedder: Embedder = {
      ...jobs.embedder,
      async encode(...asked) {
        if (asked[0].length < 200) return jobs.embedder.encode(...asked);
        tries += 1;
        throw new DiptychError('embedder_failed', 'injected');
      },
    };
    const job = await start(fixture);
    await run({ ...jobs.workOn(fixture), embedder }, job);
    const report = await reportJob(fixture, (await getJob(fixture.catalogue, job))!);
    expect(tries).toBe(5);
    expect(report).toMatchObject({
      ...{ state: 'succeeded', inputs: 301, indexed: 45, pending: 0 },
      failed: { batch_failed: 256 },
    });
    expect(report.items).toContainEqual(
      expect.objectContaining({ code: 'batch_failed', reason: 'embedder_failed: injected' }),
    );
    expect((await verifyCollection(fixture, collection)).differences).toEqual([]);

    // The failures have ended now.
    const next = await start(fixture);
    await run({ ...jobs.workOn(fixture), embedder: jobs.embedder }, next);
    await expectWhole(fixture, next);
  });
});

test.each(runners)('a job run %s takes no harm from a clock that jumps', async (_, run) => {
  const random = createRandom(3);
  const day = 86_400_000;
  const fixture = await open(d1, () => Date.UTC(2026, 0, 15) + (random.integer(21) - 10) * day);
  const job = await start(fixture);
  await run({ ...jobs.workOn(fixture), embedder: jobs.embedder }, job);
  await expectWhole(fixture, job);
});

const mariadbd = findMariadbd();

describe.runIf(mariadbd)('a job with a database that fails', () => {
  let databases: MariadbDatabases;
  let fixture: Fixture;
  beforeAll(async () => {
    databases = await startPlanetScale(mariadbd!);
  }, 60_000);
  afterAll(() => databases?.stop());
  beforeEach(async () => {
    fixture = await open(databases);
  });

  test.each(runners)('%s waits while it refuses connections for 30 s', async (_, run) => {
    const { gateway } = databases;
    let [statements, time, backAt] = [0, 0, Infinity];
    gateway.fault = () => {
      statements += 1;
      if (statements === 40) backAt = time + 30_000;
      return statements >= 40 && time < backAt ? 'broken' : undefined;
    };
    const job = await start(fixture);
    const work = { ...jobs.workOn(fixture), embedder: jobs.embedder };
    await run(work, job, (ms) => (time += ms));
    gateway.fault = () => undefined;
    expect(time).toBeGreaterThanOrEqual(30_000);
    await expectWhole(fixture, job);
  });

  test.each(runners)('%s does not mind errors on commit, told or not', async (_, run) => {
    const { gateway } = databases;
    const random = createRandom(4);
    let failures = 0;
    gateway.fault = (query) => {
      if (!/^(commit|update|insert)/i.test(query) || random.uniform() > 0.1) return undefined;
      failures += 1;
      return random.pick(['error', 'deadlock', 'broken', 'unanswered'] as const);
    };
    const job = await start(fixture).catch(() => start(fixture));
    await run({ ...jobs.workOn(fixture), embedder: jobs.embedder }, job);
    gateway.fault = () => undefined;
    expect(failures).toBeGreaterThan(4);
    await expectWhole(fixture, job);
  });
});
