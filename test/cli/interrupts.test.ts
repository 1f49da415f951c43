import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilInterrupted } from '../../gpu-embedder/cli/interrupts.ts';
import { outcomeOf } from './run-diptych.ts';

const dir = mkdtempSync(join(tmpdir(), 'diptych-interrupts-'));
const file = join(dir, 'command.mjs');

beforeAll(() =>
  build({
    entryPoints: [join(import.meta.dirname, 'interrupted-command.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: file,
  }),
);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Start a command and wait until it prints that it runs. */
async function start(command: string) {
  const child = spawn(process.execPath, [file, command], { stdio: 'pipe' });
  const outcome = outcomeOf(child);
  await said(child, 'ready');
  return { child, outcome };
}

function said(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes(text)) resolve();
    });
  });
}

const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

test.each(signals)('%s ends a command that has no way of stopping', async (signal, code) => {
  const { child, outcome } = await start('plain');
  child.kill(signal);
  expect(await outcome).toMatchObject({ code, stderr: '\ninterrupted\n' });
});

test.each(signals)(
  '%s ends work that may end anywhere, and says how to continue',
  async (signal, code) => {
    const { child, outcome } = await start('break-off');
    child.kill(signal);
    const stderr = '\ninterrupted: run the same command again to continue\n';
    expect(await outcome).toMatchObject({ code, stderr });
  },
);

test.each(signals)('%s lets work stop in order, whatever a library does', async (signal, code) => {
  const { child, outcome } = await start('prompt');
  child.kill(signal);
  // npm passes on a signal that the terminal has already sent.
  child.kill(signal);
  const { stdout, ...rest } = await outcome;
  expect(rest).toEqual({ code, stderr: '\nstopping\n' });
  expect(stdout).toContain('stopped in order');
});

test('a second signal ends work that is still stopping, unless it follows at once', async () => {
  const { child, outcome } = await start('slow');
  const stopping = said(child, 'still at it');
  child.kill('SIGINT');
  await stopping;
  // A signal within half a second counts as the first one, which npm passed on.
  const timer = setInterval(() => child.kill('SIGINT'), 50);
  const began = performance.now();
  const { code, stderr } = await outcome;
  clearInterval(timer);
  expect(code).toBe(130);
  expect(stderr).toBe('\ninterrupted\n');
  expect(performance.now() - began).toBeGreaterThan(300);
});

test('work that fails by itself fails with its own error', async () => {
  const work = untilInterrupted(() => Promise.reject(new Error('by itself')));
  await expect(work).rejects.toThrow('by itself');
});
