import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../gpu-embedder/random.ts';
import { coloured, openStage, prepareStage, type Published, type Stage } from '../support/stage.ts';

/**
 * Processes that are killed, stores that fail and messages that come twice: whatever happens, a job
 * ends with the same version. `npm run bench -- soak` does the same hundreds of times.
 */
const count = 1000;
const faults = { put: 0.05, statement: 0.01, twice: 0.2 };
let prepared: string;
let undisturbed: Published;

beforeAll(async () => {
  prepared = await prepareStage(coloured(0, count));
  await withStage(async (stage) => {
    expect((await stage.command().ended).code).toBe(0);
    undisturbed = await stage.published();
    expect(undisturbed.ids).toHaveLength(count);
  });
}, 240_000);
afterAll(() => rm(prepared, { recursive: true, force: true }));

async function withStage(work: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await openStage(prepared, faults);
  try {
    await work(stage);
  } finally {
    await stage.close();
  }
}

async function expectWhole(stage: Stage): Promise<void> {
  expect(await stage.published()).toEqual(undisturbed);
  expect(await stage.differences()).toEqual([]);
}

describe('kill -9', () => {
  test.each(['embedder', 'worker'] as const)(
    'of the %s, again and again, changes nothing in what a job comes to',
    async (which) => {
      const random = createRandom(which.length);
      await withStage(async (stage) => {
        const job = await stage.startJob();
        const report = stage.report(job);
        let hasEnded = false;
        void report.then(() => (hasEnded = true));
        for (let kills = 0; kills < 3 && !hasEnded; kills++) {
          // A moment of the job, not a time that something is waited for.
          await new Promise((resolve) => void setTimeout(resolve, 1500 * random.uniform()));
          await stage.restart(which);
        }
        expect(await report).toMatchObject({ inputs: count, indexed: count, pending: 0 });
        await expectWhole(stage);
      });
    },
    240_000,
  );

  test('of the command changes nothing in what the next one comes to', async () => {
    const random = createRandom(7);
    await withStage(async (stage) => {
      for (let kills = 0; kills < 2; kills++) {
        const command = stage.command();
        const moment = 2000 + 2000 * random.uniform();
        await new Promise((resolve) => void setTimeout(resolve, moment));
        await command.kill();
      }
      expect((await stage.command().ended).code).toBe(0);
      await expectWhole(stage);
    });
  }, 240_000);
});
