import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { readCheckpoint } from '../../../gpu-embedder/learn/train/run/checkpoint.ts';
import { readLog } from '../../../gpu-embedder/learn/train/report/run-log.ts';
import { outcomeOf, startDiptych } from '../../cli/run-diptych.ts';
import { writeRecipe } from './tiny-recipe.ts';
import { wordCaptions, writeImages } from './write-images.ts';

/** Enough to be in the middle of it after the second checkpoint. */
const steps = 80;
/** Processes start slowly on a busy machine, milliseconds. */
const patience = 60_000;
const dir = mkdtempSync(join(tmpdir(), 'diptych-interrupted-'));
const data = join(dir, 'data');
const recipe = join(dir, 'recipe.json');
const train = (run: string, ...flags: string[]) =>
  startDiptych('train', '--data', data, '--config', recipe, '--out', join(dir, run), '--threads', '1',
    '--record-every', '1', '--checkpoint-every', '7', ...flags); // prettier-ignore
const losses = (run: string): [number, number][] =>
  readLog(join(dir, run, 'log.jsonl')).flatMap((record) =>
    record.type === 'step' ? [[record.step, record.loss]] : [],
  );
const checkpoint = (run: string): string => join(dir, run, 'checkpoint.bin');

beforeAll(async () => {
  await writeImages(data, { captions: wordCaptions(30) });
  writeRecipe(recipe, [{ loss: 'infonce', steps }]);
  await outcomeOf(train('whole'));
}, patience);

test(
  'a run killed in mid-epoch goes on with the losses of one that was not',
  async () => {
    const killed = train('killed');
    const gone = once(killed, 'exit');
    // After the second checkpoint there is one to go on from, whatever is being written.
    await vi.waitUntil(() => existsSync(`${checkpoint('killed')}.previous`), {
      timeout: patience,
      interval: 5,
    });
    killed.kill('SIGKILL');
    await gone;
    const { step } = readCheckpoint(`${checkpoint('killed')}.previous`);
    expect(step).toBeLessThan(steps);
    const logged = losses('killed').map(([at]) => at);
    expect(logged).toEqual(expect.arrayContaining([...Array(step).keys()].map((i) => i + 1)));
    const { code, stderr } = await outcomeOf(train('killed', '--resume'));
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    const [whole, resumed] = [losses('whole'), losses('killed')];
    expect(resumed.map(([at]) => at)).toEqual(whole.map(([at]) => at));
    resumed.forEach(([, loss], i) => expect(loss).toBeCloseTo(whole[i][1], 5));
  },
  patience,
);

test(
  'Ctrl-C ends the step, writes a checkpoint and says how to go on',
  async () => {
    const child = train('stopped');
    const ended = outcomeOf(child);
    await vi.waitUntil(() => existsSync(checkpoint('stopped')), { timeout: patience, interval: 5 });
    // npm passes on what the terminal has sent already.
    child.kill('SIGINT');
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    const { step } = readCheckpoint(checkpoint('stopped'));
    expect(stdout).toContain(`stopped at step ${step}; continue with`);
  },
  patience,
);

test(
  'a full disk while a checkpoint is written costs a warning and nothing else',
  async () => {
    mkdirSync(join(dir, 'full'));
    // The first checkpoint meets a device that is always full.
    symlinkSync('/dev/full', `${checkpoint('full')}.partial`);
    const { code, stderr } = await outcomeOf(train('full'));
    expect(stderr).toMatch(/warning: checkpoint .* at step 7: ENOSPC.*the one before is as it was/);
    expect(code).toBe(0);
    expect(readCheckpoint(checkpoint('full')).step).toBe(steps);
    expect(existsSync(join(dir, 'full/model/config.json'))).toBe(true);
  },
  patience,
);

test(
  'a loss that is no number names the step, the last checkpoint and what to try',
  async () => {
    const wild = join(dir, 'wild.json');
    writeRecipe(wild, [{ loss: 'infonce', steps: 50, learningRate: 1e35 }]);
    const { code, stderr } = await outcomeOf(
      train('wild', '--config', wild, '--checkpoint-every', '1'),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error\[training_diverged\]: step \d+ \(infonce image\+text\).*last good checkpoint is of step \d+.*Lower the learning rate/s,
    );
    const config = JSON.parse(readFileSync(join(dir, 'wild/config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ modelId: 'tiny' });
  },
  patience,
);
