import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRandom } from '../../../gpu-embedder/common/random.ts';
import {
  coloured,
  openStage,
  prepareStage,
  type Published,
  type Stage,
} from '../../support/stage.ts';

/**
 * Processes are killed, stores fail and messages arrive twice, but a job always ends with the same
 * version. `npm run bench -- soak` repeats this hundreds of times.
 */
const count = 600;
const faults = { put: 0.05, statement: 0.01, twice: 0.2 };
let prepared: string;

beforeAll(async () => {
  prepared = await prepareStage(coloured(0, count));
}, 120_000);
afterAll(() => rm(prepared, { recursive: true, force: true }));

/** Index a new collection while `disturbed` interferes, and return the published version. */
async function indexedBy(disturbed: (stage: Stage) => Promise<void>): Promise<Published> {
  const stage = await openStage(prepared, faults);
  try {
    await disturbed(stage);
    expect(await stage.differences()).toEqual([]);
    return await stage.published();
  } finally {
    await stage.close();
  }
}

test('after kill -9 of embedder, worker and command a job comes to the same version', async () => {
  const random = createRandom(5);
  const byQueue = await indexedBy(async (stage) => {
    const job = await stage.startJob();
    for (const which of ['embedder', 'worker', 'embedder'] as const) {
      await delay(1500 * random.uniform());
      await stage.restart(which);
    }
    expect(await stage.report(job)).toMatchObject({ inputs: count, indexed: count, pending: 0 });
  });
  const byCommand = await indexedBy(async (stage) => {
    const killed = stage.command();
    await delay(2500 + 2000 * random.uniform());
    await killed.kill();
    expect((await stage.command().ended).code).toBe(0);
  });
  expect(byQueue.ids).toHaveLength(count);
  expect(byCommand).toEqual(byQueue);
}, 360_000);

/** Let a job run for a while before a process is killed. */
function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
