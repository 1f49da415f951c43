import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { takeLease } from '../../src/jobs/rows/job-lease.ts';
import { getJob, hasEnded } from '../../src/jobs/rows/jobs.ts';
import { activeJobStates } from '../../src/catalogue/schema/tables.ts';
import { DiptychError } from '../../src/errors.ts';
import { cancelJob } from '../../src/jobs/cancel-job.ts';
import {
  handleDeadLetter,
  handleMessage,
  type JobConsumer,
} from '../../src/jobs/handle-message.ts';
import { jobMessageSchema, type JobMessage } from '../../src/jobs/job-messages.ts';
import { machine } from '../../src/jobs/machine.ts';
import { nudgeJobs } from '../../src/jobs/nudge-jobs.ts';
import { reportKey, reportPageKey } from '../../src/version/keys.ts';
import { runJob, type JobRun } from '../../src/jobs/run-job.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { newJob, numbered, openFixture, standInWork, type Fixture } from './job-fixture.ts';
import { startD1 } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';

const databases = useDatabases(startD1);
let fixture: Fixture;

beforeAll(async () => {
  fixture = await openFixture(await databases.open());
  await fixture.ingest(numbered(3));
}, 60_000);

const begin = async (): Promise<string> => (await newJob(fixture)).id;

const stateOf = async (job: string) => (await getJob(fixture.catalogue, job))!.state;

const consumer = (send: JobConsumer['send']): JobConsumer => ({ ...standInWork(fixture), send });

/** Deliver messages, and repeat those that must come again, until none are left. */
async function drain(
  job: string,
  open: (send: JobConsumer['send']) => JobConsumer,
): Promise<JobMessage[]> {
  const delivered: JobMessage[] = [];
  const waiting = [{ message: { step: 'plan', job } as JobMessage, attempt: 1 }];
  const queue = open(async (messages) => {
    waiting.push(...messages.map((message) => ({ message, attempt: 1 })));
  });
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { message, attempt } = next;
    delivered.push(message);
    const seconds = await handleMessage(queue, message, attempt);
    if (seconds !== undefined) waiting.push({ message, attempt: attempt + 1 });
  }
  return delivered;
}

describe('the machine of jobs', () => {
  it('leads from each state to the next one, and from the last one to success', () => {
    const follows = activeJobStates.map((state) => machine[state].next);
    expect(follows).toEqual([...activeJobStates.slice(1), 'succeeded'].map((state) => [state]));
  });

  it('has a message for the work of each state', () => {
    for (const { step } of Object.values(machine)) {
      expect(jobMessageSchema.parse({ step, job: 'a' })).toEqual({ step, job: 'a' });
    }
    expect(jobMessageSchema.safeParse({ step: 'succeeded', job: 'a' }).success).toBe(false);
    expect(jobMessageSchema.safeParse({ step: 'encode', job: 'a' }).success).toBe(false);
  });
});

describe('the consumer of the queue', () => {
  it('goes on by itself, whichever of its messages could not be sent', async () => {
    for (let failing = 0, sends = 1; failing < sends; failing++) {
      const job = await begin();
      sends = 0;
      await drain(job, (send) =>
        consumer(async (messages) => {
          if (sends++ === failing) throw new Error('the queue does not answer');
          await send(messages);
        }),
      );
      expect(await stateOf(job)).toBe('succeeded');
      expect(sends).toBeGreaterThan(4);
    }
  });

  it('goes on when it is nudged, though every message that it sends is lost', async () => {
    const job = await begin();
    const deaf = consumer(async () => undefined);
    for (let nudges = 0; !hasEnded(await stateOf(job)) && nudges < 20; nudges++) {
      const sent: JobMessage[] = [];
      await nudgeJobs(
        { ...fixture, send: async (messages) => void sent.push(...messages) },
        Infinity,
      );
      for (const message of sent) await handleMessage(deaf, message);
    }
    expect(await stateOf(job)).toBe('succeeded');
  });

  it('is not nudged to a job that a process runs', async () => {
    const { catalogue } = fixture;
    const job = await begin();
    await takeLease(catalogue, job, 'a process', catalogue.now() + 60_000);
    const sent: JobMessage[] = [];
    const queue = {
      catalogue,
      send: async (messages: readonly JobMessage[]) => void sent.push(...messages),
    };
    await nudgeJobs(queue, Infinity);
    expect(sent).toEqual([]);
    await runJob({ ...standInWork(fixture), owner: 'a process' }, job);
  });

  it('does not fail a job for a message that it is past', async () => {
    const job = await begin();
    const states: string[] = [];
    const past = async () => {
      await handleDeadLetter(
        consumer(async () => undefined),
        { step: 'plan', job },
      );
      states.push(await stateOf(job));
      return { version: 'v1' };
    };
    await drain(job, (send) => ({ ...consumer(send), build: past }));
    expect(states).toEqual(['building']);
    expect(await stateOf(job)).toBe('succeeded');
  });

  it('sends few messages for a job of few items', async () => {
    const job = await begin();
    const messages = await drain(job, consumer);
    const steps = messages.map(({ step }) => step);
    // Nothing new is encoded here; the second `plan` and `settle` find nothing to do.
    expect(steps).toEqual(['plan', 'plan', 'settle', 'build', 'compare', 'publish']);
  });
});

describe('a process that runs a job', () => {
  it('reports what became of it, where the queue cancelled it meanwhile', async () => {
    const { catalogue } = fixture;
    const job = await begin();
    const build = async (_: unknown, signal?: AbortSignal) => {
      const queue = consumer(async () => undefined);
      await cancelJob(queue, job);
      await handleMessage(queue, { step: 'build', job });
      while (!signal!.aborted) await nextTurn();
      throw new Error('stopped');
    };
    const run = runJob({ ...standInWork(fixture), build, owner: 'a process', lookEveryMs: 1 }, job);
    expect(await run).toMatchObject({ job, state: 'cancelled' });
    expect((await getJob(catalogue, job))!.leaseOwner).toBeNull();
  });
});

describe.each([
  ['in this process', (run: JobRun, job: string) => runJob(run, job)],
  ['by the queue', (run: JobRun, job: string) => drain(job, (send) => ({ ...run, send }))],
])('a job that is run %s', (_, runTo) => {
  const run = (more: Partial<JobRun> = {}): JobRun => ({
    ...standInWork(fixture),
    owner: 'test',
    wait: async () => undefined,
    ...more,
  });

  it('looks again at a build and a comparison that are made elsewhere', async () => {
    const job = await begin();
    let looks = 0;
    const build = async () => (looks++ < 3 ? undefined : { version: 'v1' });
    await runTo(run({ build }), job);
    expect(looks).toBe(4);
    expect(await stateOf(job)).toBe('succeeded');
  });

  it('leaves its report, though the store failed when it had ended', async () => {
    const job = await begin();
    const failing = new Set([reportKey(job), reportPageKey(job)]);
    const put: ObjectStore['put'] = async (key, ...rest) => {
      if (failing.delete(key)) throw new DiptychError('store_failed', `${key}: injected`);
      return fixture.objects.put(key, ...rest);
    };
    await runTo(run({ objects: { ...fixture.objects, put } }), job);
    expect(failing).toEqual(new Set());
    const report = Buffer.from((await fixture.objects.get(reportKey(job)))!).toString();
    expect(JSON.parse(report)).toMatchObject({ job, state: 'succeeded', indexed: 3 });
    expect(await fixture.objects.head(reportPageKey(job))).not.toBeNull();
  });
});
