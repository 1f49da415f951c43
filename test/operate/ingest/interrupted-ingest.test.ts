import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { IngestSummary } from '../../../gpu-embedder/operate/ingest/ingest-source.ts';
import { outcomeOf, startDiptych } from '../../cli/run-diptych.ts';
import { startKillable } from '../../support/killable.ts';

const items = 600;

async function writePictures(dir: string): Promise<void> {
  await mkdir(join(dir, 'pictures'));
  const rows = ['image,caption', 'lost.svg,not there'];
  for (let i = 0; i < items; i++) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg"><title>${i}</title></svg>`;
    await writeFile(join(dir, 'pictures', `${i}.svg`), svg);
    rows.push(`${i}.svg,picture ${i}`);
  }
  await writeFile(join(dir, 'pictures.csv'), rows.join('\n'));
}

/** How many inputs were taken in, as the journal says. */
async function inJournal(workDir: string): Promise<number> {
  const files = await readdir(join(workDir, 'ingest')).catch(() => []);
  const [file] = files.filter((name) => name.endsWith('.json'));
  return file ? Number(await readFile(join(workDir, 'ingest', file), 'utf8').catch(() => '0')) : 0;
}

test('interrupted and killed, ingest goes on: nothing is lost, nothing is there twice', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-ingest-'));
  const workDir = join(dir, 'work');
  const flags = ['--collection', 'pictures', '--work-dir', workDir, '--json'];
  const start = (...args: string[]) => startDiptych(...args, ...flags);
  const source = [join(dir, 'pictures'), '--captions', join(dir, 'pictures.csv')];
  const ingest = () => start('ingest', 'folder', ...source);
  const interrupted = () => {
    const child = ingest();
    const ended = once(child, 'exit');
    return async () => {
      child.kill('SIGINT');
      await ended;
    };
  };
  const killed = () => {
    const line = ['bin/diptych.mjs', 'ingest', 'folder', ...source, ...flags];
    return startKillable(line, { cwd: process.cwd() }).kill;
  };
  try {
    await writePictures(dir);
    let before = 0;
    for (const begin of [interrupted, killed]) {
      const end = begin();
      await expect
        .poll(() => inJournal(workDir), { timeout: 60_000, interval: 10 })
        .toBeGreaterThan(before);
      await end();
      before = await inJournal(workDir);
      expect(before).toBeLessThan(items);
    }
    const last = await outcomeOf(ingest());
    const summary = JSON.parse(last.stdout) as IngestSummary;
    // The interrupted run may have taken in a batch before it wrote the journal: it is unchanged now.
    expect(summary.created + summary.unchanged).toBe(items + 1 - before);
    expect(summary).toMatchObject({ inputs: items + 1, before, updated: 0, failed: {} });
    const verified = await outcomeOf(start('verify'));
    expect(JSON.parse(verified.stdout)).toMatchObject({ items, images: items, differences: [] });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}, 240_000);
