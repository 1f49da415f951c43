import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { runCli } from '../../gpu-embedder/run-cli.ts';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a command line in this process, because a new process takes longer. */
export async function runDiptych(...args: readonly string[]): Promise<Outcome> {
  const capture = (stream: NodeJS.WriteStream) => {
    const chunks: string[] = [];
    const spy = vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      chunks.push(String(chunk));
      return true;
    });
    return () => {
      spy.mockRestore();
      return chunks.join('');
    };
  };
  const stdout = capture(process.stdout);
  const stderr = capture(process.stderr);
  const restore = () => ({ stdout: stdout(), stderr: stderr() });
  try {
    const code = await runCli(args);
    return { code, ...restore() };
  } finally {
    restore();
    process.exitCode = undefined;
  }
}

/** Start the command line as a user does. */
export function startDiptych(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['bin/diptych.mjs', ...args], { stdio: 'pipe' });
}

export function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Run command lines in a folder, as a user does who works in that folder. */
export function diptychIn(cwd: string) {
  const bin = resolve('bin/diptych.mjs');
  const run = (...args: string[]) => promisify(execFile)('node', [bin, ...args], { cwd });
  /** Run a command line with `--json` and parse its result. */
  const json = async <T>(...args: string[]): Promise<T> =>
    JSON.parse((await run(...args, '--json')).stdout) as T;
  return { run, json };
}
