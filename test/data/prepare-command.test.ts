import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDiptych } from '../cli/run-diptych.ts';
import { writeTar, type Member } from './write-tar.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-command-'));
const at = (...names: string[]): string => join(root, ...names);
let png: Buffer;

beforeAll(async () => {
  png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const members = Array.from({ length: 10 }, (_, i): Member[] => [
    [`${i}.png`, png],
    [`${i}.json`, JSON.stringify({ legend: `number ${i}` })],
  ]);
  writeTar(at('0.tar'), [...members.flat(), ['silent.png', png]]);
});
afterAll(() => rmSync(root, { recursive: true }));

describe('diptych prepare', () => {
  it('prints the folder of the data set and the counts of its inputs', async () => {
    const shards = [at('{0..0}.tar'), '--caption-column', 'legend'];
    const args = ['prepare', 'tar', ...shards, '--validation', '0.2', '--out', at('out')];
    expect(await runDiptych(...args)).toEqual({
      code: 0,
      stdout: `${at('out')}\n`,
      stderr:
        'Prepared: 11 inputs = 10 prepared + 1 skipped (1 image_without_caption)\n' +
        `Each skipped input with its reason: ${at('out', 'report.json')}\n`,
    });
    const items = readFileSync(at('out', 'items.jsonl'), 'utf8');
    expect(items.match(/"split":"validation"/g)).toHaveLength(2);
    const again = await runDiptych(...args, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ unchanged: true, prepared: 10 });
  });

  it('takes several caption columns, no split, and what is left of a damaged shard', async () => {
    const json = JSON.stringify({ a: 'one', b: 'two', c: ['three'], split: 'fold 1' });
    writeTar(at('1.tar'), [
      ['x.png', png],
      ['x.json', json],
      ['y.png', png],
    ]);
    writeFileSync(at('1.tar'), readFileSync(at('1.tar')).subarray(0, -1024));
    const flags = ['--caption-column', 'c', '--caption-column', 'a,b', '--ignore-split'];
    const args = [at('1.tar'), ...flags, '--skip-damaged', '--out', at('several')];
    expect(await runDiptych('prepare', 'tar', ...args)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /3 inputs = 1 prepared \+ 2 skipped \(2 damaged_shard\)\n[^]* 1\.tar: .*it is cut short/,
      ),
    });
    const items = readFileSync(at('several', 'items.jsonl'), 'utf8');
    expect(JSON.parse(items)).toMatchObject({ captions: ['three', 'one', 'two'], split: 'train' });
  });

  it.each([
    [['tar', '0.tar', '--validation', '1.5'], /share between 0 and 1, or a whole number/],
    [['tar'], /missing required argument 'shards'/],
    [['parquet', 'a.parquet', '--captions', 'a.csv'], /unknown option '--captions'/],
    [['folder', '.', '--caption-column', 'legend'], /Column names need a captions file/],
  ])('refuses %s', async (args, message) => {
    const outcome = await runDiptych('prepare', ...args, '--out', at('never'));
    expect(outcome).toMatchObject({ stderr: expect.stringMatching(message), stdout: '' });
    expect(outcome.code).not.toBe(0);
  });

  it.each(['folder', 'coco', 'tar', 'parquet'])(
    'fits the help for %s on a screen',
    async (source) => {
      const { stdout } = await runDiptych('prepare', source, '--help');
      expect(stdout).toContain('--validation');
      expect(stdout.split('\n').length).toBeLessThanOrEqual(34);
    },
  );
});
