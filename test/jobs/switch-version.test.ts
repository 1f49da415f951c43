import { beforeEach, expect, test } from 'vitest';
import { activeKey, versionKey } from '../../src/version/keys.ts';
import { movePointer, readPointer } from '../../src/version/move-pointer.ts';
import { parsePointer } from '../../src/version/pointer.ts';
import { getJob, type Job } from '../../src/jobs/rows/jobs.ts';
import { addVersion, listVersions } from '../../src/catalogue/versions.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { planNextBatch } from '../../src/jobs/steps/plan.ts';
import { switchVersion } from '../../src/jobs/steps/switch-version.ts';
import { startD1 } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';
import { collection, newJob, openFixture, type Fixture } from './job-fixture.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
let now: number;
const databases = useDatabases(startD1);
let fixture: Fixture;
let job: Job;

beforeEach(async () => {
  now = start;
  fixture = await openFixture(await databases.open({ now: () => now }));
  await enter('old');
  await publishBeside('old');
  now += 1000;
  job = await newJob(fixture);
  await planNextBatch(fixture, job);
  await enter('new');
});

/** Store as much of a version as the pointer needs. */
async function enter(version: string): Promise<void> {
  const { objects, catalogue } = fixture;
  await objects.put(versionKey(collection, version, 'manifest.json'), Buffer.from('{}'));
  const counts = { items: 1, captions: 1, bytes: 1 };
  await addVersion(catalogue, { collection, version, modelHash: 'm', jobId: null, ...counts });
}

/** Make a version active without the catalogue, as `diptych publish` does. */
async function publishBeside(version: string): Promise<void> {
  const { objects } = fixture;
  await movePointer(objects, await readPointer(objects, collection), version, now);
}

async function active(): Promise<string> {
  const bytes = await fixture.objects.get(activeKey(collection));
  return parsePointer('', Buffer.from(bytes!).toString()).version;
}

const states = async () =>
  Object.fromEntries(
    (await listVersions(fixture.catalogue, collection)).map(({ version, state }) => [
      version,
      state,
    ]),
  );

test('store and catalogue agree on what is active, also when it is done twice', async () => {
  await switchVersion(fixture, job, 'new');
  await switchVersion(fixture, job, 'new');
  expect(await active()).toBe('new');
  expect(await states()).toEqual({ new: 'published', old: 'built' });
});

test.each(['while the job ran', 'while its version was verified', 'at the moment of the move'])(
  'a version that somebody publishes %s stays, and the job is told',
  async (moment) => {
    now += 1000;
    if (moment === 'while the job ran') await publishBeside('other');
    let left = 1;
    const objects: ObjectStore = {
      ...fixture.objects,
      put: async (key, bytes, condition) => {
        if (key === activeKey(collection) && left-- > 0 && moment === 'at the moment of the move')
          await publishBeside('other');
        return fixture.objects.put(key, bytes, condition);
      },
    };
    const verify = async () => {
      if (moment === 'while its version was verified') await publishBeside('other');
    };
    const switched = switchVersion({ ...fixture, objects }, job, 'new', verify);
    await expect(switched).rejects.toMatchObject({
      code: 'publish_conflict',
      details: { winner: 'other' },
    });
    expect(await active()).toBe('other');
    expect(await states()).toMatchObject({ new: 'built' });
  },
);

test('what somebody went back to stays, although the message of the job comes twice', async () => {
  await switchVersion(fixture, job, 'new');
  now += 1000;
  await publishBeside('old');
  const again = switchVersion(fixture, (await getJob(fixture.catalogue, job.id))!, 'new');
  await expect(again).rejects.toMatchObject({ code: 'publish_conflict' });
  expect(await active()).toBe('old');
});

test.each(['before', 'after'])(
  'a version that is removed %s the move is not active',
  async (when) => {
    const key = versionKey(collection, 'new', 'manifest.json');
    const remove = () => fixture.objects.delete(key);
    const objects: ObjectStore = {
      ...fixture.objects,
      put: async (name, bytes, condition) => {
        const written = await fixture.objects.put(name, bytes, condition);
        if (when === 'after') await remove();
        return written;
      },
    };
    if (when === 'before') await remove();
    const switched = switchVersion({ ...fixture, objects }, job, 'new');
    await expect(switched).rejects.toMatchObject({ code: 'not_found' });
    expect(await active()).toBe('old');
  },
);
