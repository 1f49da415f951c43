import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { buildJob } from '../../gpu-embedder/operate/jobs/build-job.ts';
import { createJob, getJob, requestCancel } from '../../src/jobs/rows/jobs.ts';
import { releaseLease, takeLease } from '../../src/jobs/rows/job-lease.ts';
import { deleteItems } from '../../src/items/delete-items.ts';
import { DiptychError } from '../../src/errors.ts';
import { buildPageSchema, type PlannedItem } from '../../src/jobs/steps/build-page.ts';
import { buildPageKey } from '../../src/version/keys.ts';
import {
  handleDeadLetter,
  handleMessage,
  type JobConsumer,
} from '../../src/jobs/handle-message.ts';
import type { JobMessage } from '../../src/jobs/job-messages.ts';
import { planNextBatch } from '../../src/jobs/steps/plan.ts';
import { withoutPicture } from '../../src/jobs/report/job-report.ts';
import { reportPage } from '../../src/jobs/report/report-page.ts';
import { runJob, type JobRun } from '../../src/jobs/run-job.ts';
import { startD1 } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';
import {
  collection,
  compare,
  fakeEmbedder,
  model,
  newJob,
  numbered,
  openFixture,
  standInWork,
  svg,
  type Fixture,
} from './job-fixture.ts';

const databases = useDatabases(startD1);
let fixture: Fixture;

beforeEach(async () => {
  fixture = await openFixture(await databases.open());
});

const begin = async (): Promise<string> => (await newJob(fixture)).id;

const runOf = (more: Partial<JobRun> = {}): JobRun => ({
  ...standInWork(fixture),
  owner: 'test',
  ...more,
});

/** A GIF without frames, as base64. */
function gif(width: number, height: number): string {
  return Buffer.from([...Buffer.from('GIF89a'), width, 0, height, 0, 0, 0, 0]).toString('base64');
}

/** A consumer whose messages go nowhere. */
const deadEnd = (): JobConsumer => ({
  ...runOf(),
  send: async () => undefined,
  stop: async () => undefined,
});

/** Items that the builder would find, in order. */
async function planned(jobId: string): Promise<PlannedItem[]> {
  const items: PlannedItem[] = [];
  for (let page = 0; ; page++) {
    const bytes = await fixture.objects.get(buildPageKey(jobId, page));
    if (!bytes) return items;
    items.push(...buildPageSchema.parse(JSON.parse(Buffer.from(bytes).toString())).items);
  }
}

/** Deliver messages until there are none. @param deliver - says what a delivery does */
async function drain(
  jobId: string,
  queue: Partial<JobConsumer> = {},
  deliver: (next: () => Promise<void>, message: JobMessage) => Promise<void> = (next) => next(),
): Promise<void> {
  const waiting: JobMessage[] = [{ step: 'plan', job: jobId }];
  const jobs: JobConsumer = {
    ...fixture,
    embedder: fakeEmbedder(),
    send: async (messages) => void waiting.push(...messages),
    build: async () => ({ version: 'v1' }),
    compare,
    stop: async () => undefined,
    publish: async () => undefined,
    ...queue,
  };
  for (let message = waiting.shift(); message; message = waiting.shift()) {
    const current = message;
    await deliver(async () => void (await handleMessage(jobs, current)), current);
  }
}

describe('a job', () => {
  it('indexes, skips and fails every item once, and says so', async () => {
    await fixture.ingest([
      ...numbered(600),
      { id: 'only-words', captions: ['a caption'] },
      { id: 'broken', image: svg('corrupt') },
    ]);
    const report = await runJob(runOf(), await begin());
    expect(report).toMatchObject({
      state: 'succeeded',
      inputs: 602,
      indexed: 600,
      encoded: 600,
      reused: 0,
      skipped: { no_image: 1 },
      failed: { unreadable_image: 1 },
      pending: 0,
      version: 'v1',
    });
    expect(report.items).toEqual([
      { id: 'broken', state: 'failed', code: 'unreadable_image', reason: 'it is corrupt' },
      expect.objectContaining({ id: 'only-words', state: 'skipped', code: 'no_image' }),
    ]);
    const items = await planned(report.job);
    expect(items.map(({ id }) => id)).toEqual(
      numbered(600).map((item) => (item as { id: string }).id),
    );
  });

  it('fails where nothing can be indexed, and publishes nothing', async () => {
    await fixture.ingest([
      { id: 'only-words', captions: ['a caption'] },
      { id: 'broken', image: svg('corrupt') },
    ]);
    const publish = vi.fn(async () => undefined);
    const build: JobRun['build'] = (job) => buildJob(fixture, job, 'no model', () => undefined);
    const report = await runJob(runOf({ build, publish }), await begin());
    expect(report).toMatchObject({ state: 'failed', inputs: 2, indexed: 0, version: null });
    expect(report.error).toBe(
      'nothing_to_publish: collection things: expected at least one item that can be indexed, got none of 2 (1 failed: unreadable_image, 1 skipped: no_image); what is published stays',
    );
    expect(publish).not.toHaveBeenCalled();
  });

  it('says how many items it drops because they have lost their picture', async () => {
    await fixture.ingest([...numbered(3), { id: 'only-words', captions: ['a caption'] }]);
    const first = await runJob(runOf(), await begin());
    expect(first).toMatchObject({ skipped: { no_image: 1 }, dropped: null });
    expect(withoutPicture(first)).toBe('1 item has no picture and is not in the version');
    await fixture.ingest(numbered(2).map((item) => ({ ...item, image: null })));
    const second = await runJob(runOf(), await begin());
    expect(second).toMatchObject({ indexed: 1, skipped: { no_image: 3 }, dropped: 2 });
    const said = '3 items have no picture and are not in the version; 2 of them were in the one before'; // prettier-ignore
    expect(withoutPicture(second)).toBe(said);
    expect(reportPage(second)).toContain(said);
  });

  it('tells the builder all that results show of an item', async () => {
    const wide = {
      id: 'wide',
      image: gif(9, 4),
      title: 'a title',
      set: 's',
      label: 'l',
      tags: ['t'],
    };
    await fixture.ingest([wide, { id: 'vector', image: svg('a picture'), captions: ['c'] }]);
    const { job } = await runJob(runOf(), await begin());
    expect(await planned(job)).toMatchObject([
      { id: 'vector', title: 'c', tags: [], width: null, height: null },
      { id: 'wide', title: 'a title', set: 's', label: 'l', tags: ['t'], width: 9, height: 4 },
    ]);
  });

  it('encodes nothing that was encoded before, and what several items share once', async () => {
    await fixture.ingest(numbered(300));
    const first = fakeEmbedder();
    await runJob(runOf({ embedder: first }), await begin());
    const sum = (key: 'images' | 'texts') =>
      first.calls.reduce((total, call) => total + call[key], 0);
    expect([sum('images'), sum('texts')]).toEqual([300, 10]);

    await fixture.ingest(numbered(302));
    await deleteItems(fixture.catalogue, collection, ['item-00000']);
    const second = fakeEmbedder();
    const report = await runJob(runOf({ embedder: second }), await begin());
    expect(report).toMatchObject({ inputs: 301, reused: 299, encoded: 2 });
    expect(second.calls).toEqual([{ images: 2, texts: 0 }]);
  });

  it('asks for large images a few at a time', async () => {
    await fixture.ingest(
      numbered(7, (i) => ({ image: svg(`${i}${'-'.repeat(3_000_000)}`), captions: [] })),
    );
    const embedder = fakeEmbedder();
    expect(await runJob(runOf({ embedder }), await begin())).toMatchObject({ encoded: 7 });
    expect(embedder.calls.map(({ images }) => images)).toEqual([2, 2, 2, 1]);
  });

  it('comes to the same by the queue and in this process', async () => {
    await fixture.ingest(numbered(700));
    const direct = await begin();
    await runJob(runOf(), direct);
    const embeddings = () => fixture.objects.list(`embeddings/${model.hash}/`);
    const packs = (await embeddings()).map(({ key }) => key);
    const other = await openFixture(await databases.open());
    fixture = other;
    await fixture.ingest(numbered(700));
    const queued = await begin();
    await drain(queued);
    expect((await getJob(fixture.catalogue, queued))?.state).toBe('succeeded');
    expect((await embeddings()).map(({ key }) => key)).toEqual(packs);
    expect(await planned(queued)).toHaveLength(700);
  });

  it('does not mind messages that come twice, late and in another order', async () => {
    await fixture.ingest(numbered(600));
    const job = await begin();
    const late: JobMessage[] = [];
    await drain(job, {}, async (next, message) => {
      late.push(message);
      await next();
      await next();
    });
    expect((await getJob(fixture.catalogue, job))?.state).toBe('succeeded');
    const report = await runJob(runOf(), job);
    expect(report).toMatchObject({ inputs: 600, encoded: 600, failed: {}, pending: 0 });
    const objects = [...fixture.objects.objects.keys()];
    for (const message of late.reverse()) {
      await handleMessage(deadEnd(), message);
    }
    expect([...fixture.objects.objects.keys()]).toEqual(objects);
  });

  it('plans an item once, though two plan at once while items come and go', async () => {
    await fixture.ingest(numbered(300));
    const id = await begin();
    const job = (await getJob(fixture.catalogue, id))!;
    const { planCursor } = (await planNextBatch(fixture, job))!;
    await fixture.ingest([{ id: 'item-00000-new', image: svg('new') }]);
    await deleteItems(fixture.catalogue, collection, ['item-00007']);
    // The second planner has the job as it was before the first one planned.
    expect((await planNextBatch(fixture, job))!.planCursor).toBe(planCursor);
    const report = await runJob(runOf(), id);
    expect(report).toMatchObject({ state: 'succeeded', inputs: 300, indexed: 300 });
    expect(new Set((await planned(id)).map((item) => item.id)).size).toBe(300);
  });

  it('fails the items of a batch that always fails, and goes on with the rest', async () => {
    await fixture.ingest(numbered(600));
    const job = await begin();
    const jobs = deadEnd();
    await drain(job, {}, async (next, message) => {
      if (message.step === 'encode' && message.batch === 1) {
        return handleDeadLetter(jobs, message);
      }
      return next();
    });
    // The dead letter came before the last batch was finished, so the last batch settled the job.
    const report = await runJob(runOf(), job);
    expect(report).toMatchObject({ state: 'succeeded', inputs: 600, indexed: 344 });
    expect(report.failed).toEqual({ batch_failed: 256 });
  });

  it('goes on where a runner was stopped', async () => {
    await fixture.ingest(numbered(600));
    const job = await begin();
    const stop = new AbortController();
    const embedder = fakeEmbedder(() => {
      if (embedder.calls.length === 1) stop.abort(new Error('stopped'));
    });
    const stopped = runJob(runOf({ embedder, signal: stop.signal }), job);
    await expect(stopped).rejects.toThrow('stopped');
    expect((await getJob(fixture.catalogue, job))?.state).toBe('encoding');
    const rest = fakeEmbedder();
    const report = await runJob(runOf({ embedder: rest }), job);
    expect(report).toMatchObject({ state: 'succeeded', inputs: 600, encoded: 600 });
    expect(embedder.calls.length + rest.calls.length).toBe(3);
  });

  it('stops when it is cancelled, and frees its collection', async () => {
    await fixture.ingest(numbered(300));
    const job = await begin();
    const embedder = fakeEmbedder();
    await requestCancel(fixture.catalogue, job);
    const report = await runJob(runOf({ embedder }), job);
    expect(report.state).toBe('cancelled');
    expect(embedder.calls).toEqual([]);
    expect(
      (await createJob(fixture.catalogue, { collection, modelHash: model.hash })).job,
    ).toBeDefined();
  });

  it('stops a build when it is cancelled, in this process and at an embedder', async () => {
    await fixture.ingest(numbered(10));
    const hanging = (_: unknown, signal?: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal!.addEventListener('abort', () => reject(new Error('stopped')));
      });
    const job = await begin();
    const build: JobRun['build'] = async (...of) => {
      await requestCancel(fixture.catalogue, job);
      return hanging(...of);
    };
    expect((await runJob(runOf({ build, lookEveryMs: 1 }), job)).state).toBe('cancelled');

    const queued = await begin();
    const stopped: string[] = [];
    await drain(queued, {
      build: async () => void (await requestCancel(fixture.catalogue, queued)),
      stop: async ({ id }) => void stopped.push(id),
    });
    expect((await getJob(fixture.catalogue, queued))?.state).toBe('cancelled');
    expect(stopped).toEqual([queued]);
  });

  it('is kept by its runner while a build takes long, and left to whoever took it over', async () => {
    await fixture.ingest(numbered(10));
    const id = await begin();
    const until = async () => (await getJob(fixture.catalogue, id))!.leaseUntil;
    const build: JobRun['build'] = async (_, signal) => {
      const before = await until();
      while ((await until()) === before) await nextTurn();
      await releaseLease(fixture.catalogue, id, 'test');
      await takeLease(fixture.catalogue, id, 'other', Number.MAX_SAFE_INTEGER);
      while (!signal!.aborted) await nextTurn();
      throw new Error('stopped');
    };
    const run = runJob(runOf({ build, lookEveryMs: 1 }), id);
    await expect(run).rejects.toMatchObject({ code: 'job_busy' });
    expect((await getJob(fixture.catalogue, id))?.state).toBe('building');
  });

  it('is refused where another one is under way, or another process runs it', async () => {
    await fixture.ingest(numbered(10));
    const job = await begin();
    expect(await createJob(fixture.catalogue, { collection, modelHash: model.hash })).toEqual({
      refusedBy: job,
    });
    const embedder = fakeEmbedder();
    const first = runOf({
      embedder,
      build: async () => {
        await expect(runJob(runOf({ owner: 'other' }), job)).rejects.toMatchObject({
          code: 'job_busy',
        });
        return { version: 'v1' };
      },
    });
    expect((await runJob(first, job)).state).toBe('succeeded');
  });

  it('fails with the reason where the version cannot be built', async () => {
    await fixture.ingest(numbered(10));
    const build = () => Promise.reject(new DiptychError('index_too_large', 'too large'));
    const report = await runJob(runOf({ build }), await begin());
    expect(report).toMatchObject({
      state: 'failed',
      error: 'index_too_large: too large',
      ...{ inputs: 10, indexed: 0, encoded: 0, pending: 10 },
    });
  });
});
