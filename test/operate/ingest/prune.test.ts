import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDiptych } from '../../cli/run-diptych.ts';

const dir = mkdtempSync(join(tmpdir(), 'diptych-prune-'));
const images = join(dir, 'images');
const captions = join(dir, 'captions.csv');
const svg = (text: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg"><title>${text}</title></svg>`;
const list = (rows: readonly string[]) =>
  writeFileSync(captions, ['image,caption,label', ...rows].join('\n'));

interface Summary {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly pruned: readonly string[] | null;
}

async function ingest(...flags: readonly string[]) {
  const result = await runDiptych('ingest', 'folder', images, '--captions', captions,
    '--collection', 'shop', '--work-dir', join(dir, 'work'), '--json', ...flags); // prettier-ignore
  const { code, stderr, stdout } = result;
  return { code, stderr, summary: code === 0 ? (JSON.parse(stdout) as Summary) : null };
}

async function counts() {
  const { stdout } = await runDiptych('verify', '--collection', 'shop', '--work-dir', join(dir, 'work'), '--json'); // prettier-ignore
  return (JSON.parse(stdout) as { items: number }).items;
}

beforeAll(() => {
  mkdirSync(images);
  for (const name of ['a', 'b', 'c']) writeFileSync(join(images, `${name}.svg`), svg(name));
  list(['a.svg,one,x', 'b.svg,two,', 'c.svg,three,']);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('ingest --prune', () => {
  it('writes nothing in a dry run, not even a collection', async () => {
    const { summary, stderr } = await ingest('--dry-run', '--prune');
    expect(summary).toMatchObject({ created: 3, pruned: [] });
    expect(stderr).toContain('dry run: nothing is written');
    const { code, stderr: said } = await runDiptych('verify', '--collection', 'shop', '--work-dir', join(dir, 'work')); // prettier-ignore
    expect({ code, said }).toMatchObject({ code: 1, said: expect.stringContaining('unknown_collection') as string }); // prettier-ignore
  });

  it('removes what the source has lost, first shown by a dry run', async () => {
    expect((await ingest()).summary).toMatchObject({ created: 3, pruned: null });
    expect((await ingest('--prune')).summary).toMatchObject({ unchanged: 3, pruned: [] });
    list(['a.svg,one,', 'b.svg,zwei,']);
    const expected = { created: 0, updated: 2, unchanged: 0, pruned: ['c.svg'] };
    const dry = await ingest('--prune', '--dry-run');
    expect(dry.summary).toMatchObject(expected);
    expect(dry.stderr).toContain('c.svg: would be removed');
    expect(await counts()).toBe(3);
    const real = await ingest('--prune');
    expect(real.summary).toMatchObject(expected);
    expect(real.stderr).toContain('c.svg: removed');
    expect(await counts()).toBe(2);
    expect((await ingest('--prune')).summary).toMatchObject({ unchanged: 2, pruned: [] });
  });

  it('removes only what begins with the prefix', async () => {
    list(['a.svg,one,']);
    expect((await ingest('--prune', '--prune-prefix', 'other/')).summary?.pruned).toEqual([]);
    const alone = await ingest('--prune-prefix', 'b');
    expect(alone.stderr).toMatch(/invalid_option.*expected --prune/);
    expect(await counts()).toBe(2);
  });

  it('removes nothing if the source is empty or could not be read whole', async () => {
    list([]);
    const empty = await ingest('--prune');
    expect(empty.code).toBe(1);
    expect(empty.stderr).toMatch(/unreadable_source.*gave no item, so nothing was removed/);
    list(['a.svg,one,', '../captions.csv,lost,']);
    const partly = await ingest('--prune');
    expect(partly.code).toBe(1);
    expect(partly.stderr).toMatch(/could not be read \(1 outside_folder\), so nothing was removed/);
    expect(await counts()).toBe(2);
  });
});
