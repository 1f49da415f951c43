import { spawn, type ChildProcess } from 'node:child_process';
import { vi } from 'vitest';
import { runCli } from '../../gpu-embedder/run-cli.ts';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a command line in this process, which is quicker than in one of its own. */
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
