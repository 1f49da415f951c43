import { beforeEach, describe, expect, it } from 'vitest';
import { getJob, moveJob } from '../../src/jobs/rows/jobs.ts';
import { cancelJob } from '../../src/jobs/cancel-job.ts';
import { handleMessage, type JobConsumer } from '../../src/jobs/handle-message.ts';
import type { JobMessage } from '../../src/jobs/job-messages.ts';
import { startJob, startOrJoinJob } from '../../src/jobs/start-job.ts';
import {
  collection,
  compare,
  fakeEmbedder,
  model,
  newJob,
  openFixture,
  type Fixture,
} from './job-fixture.ts';
import { startD1 } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';

const databases = useDatabases(startD1);
let fixture: Fixture;
let sent: JobMessage[];

beforeEach(async () => {
  fixture = await openFixture(await databases.open());
  sent = [];
});

const starter = () => ({
  ...fixture,
  embedder: fakeEmbedder(),
  send: async (messages: readonly JobMessage[]) => void sent.push(...messages),
});
const request = { collection, index: { recall: 0.9 } };
const switchIf = 'image_retrieval_recall@10 >= 0';

describe('starting a job', () => {
  it('sends its first step, and is refused while there is another one', async () => {
    const job = await startJob(starter(), { ...request, switchIf });
    expect(job).toMatchObject({
      state: 'planning',
      modelHash: model.hash,
      options: { index: { recall: 0.9 }, compare: { switchIf } },
    });
    expect(sent).toEqual([{ step: 'plan', job: job.id }]);
    const again = startJob(starter(), request);
    await expect(again).rejects.toMatchObject({ code: 'job_busy', details: { job: job.id } });
    expect(sent).toHaveLength(1);
  });

  it('is refused for a collection that is not there and a condition that nothing measures', async () => {
    const start = (more: object) => startJob(starter(), { ...request, ...more });
    await expect(start({ collection: 'none' })).rejects.toMatchObject({
      code: 'unknown_collection',
    });
    await expect(start({ switchIf: 'a > 0' })).rejects.toMatchObject({ code: 'invalid_option' });
    await expect(start({ heldOut: [] })).rejects.toMatchObject({ code: 'invalid_option' });
    expect(sent).toEqual([]);
  });

  it('joins the one under way, unless that one goes by another condition or model', async () => {
    const asked = { ...request, switchIf, heldOut: ['a', 'b'] };
    const job = await startOrJoinJob(starter(), asked);
    expect(await startOrJoinJob(starter(), request)).toEqual(job);
    expect(await startOrJoinJob(starter(), asked)).toEqual(job);
    for (const other of [{ switchIf }, { heldOut: ['b'] }, { ...asked, heldOut: ['a'] }]) {
      const joined = startOrJoinJob(starter(), { ...request, ...other });
      await expect(joined).rejects.toMatchObject({ code: 'job_busy', details: { job: job.id } });
    }
    const embedder = { describe: async () => ({ ...model, hash: 'fedcba9876543210' }) };
    const strange = startOrJoinJob({ ...starter(), embedder }, request);
    await expect(strange).rejects.toMatchObject({ code: 'model_mismatch' });
    expect(sent).toEqual([]);
  });
});

describe('cancelling a job', () => {
  it.each(['planning', 'building'] as const)(
    'that is %s ends it by the next message',
    async (state) => {
      const { catalogue } = fixture;
      const job = await newJob(fixture);
      if (state !== 'planning') await moveJob(catalogue, job.id, 'planning', state);
      expect(await cancelJob(starter(), job.id)).toMatchObject({ state, cancelRequested: true });
      expect(sent).toHaveLength(1);
      const stopped: string[] = [];
      const consumer: JobConsumer = {
        ...starter(),
        build: async () => undefined,
        compare,
        publish: async () => undefined,
        stop: async ({ id }) => void stopped.push(id),
      };
      await handleMessage(consumer, sent[0]);
      expect((await getJob(catalogue, job.id))!.state).toBe('cancelled');
      expect(stopped).toEqual(state === 'building' ? [job.id] : []);
      expect(sent).toHaveLength(1);
    },
  );

  it('that has ended changes nothing, and that is not there is refused', async () => {
    const { catalogue } = fixture;
    const job = await newJob(fixture);
    await moveJob(catalogue, job.id, 'planning', 'failed');
    const ended = { state: 'failed', cancelRequested: false };
    expect(await cancelJob(starter(), job.id)).toMatchObject(ended);
    await expect(cancelJob(starter(), 'nobody')).rejects.toMatchObject({ code: 'not_found' });
    expect(sent).toEqual([]);
  });
});
