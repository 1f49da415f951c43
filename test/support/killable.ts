import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process, with those that it started, which can be killed as the system does: without notice. */
export interface Killable {
  /** Settles when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  kill(): Promise<void>;
}

export interface KillableOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Start a program of Node. @param args - of `node` */
export function startKillable(args: readonly string[], { cwd, env }: KillableOptions): Killable {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    // A group of its own: workerd would go on without the process that started it.
    detached: true,
    stdio: ['ignore', 'pipe', process.env['STAGE_LOG'] ? 'inherit' : 'ignore'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return {
    ended,
    async kill() {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
      await ended;
    },
  };
}

/** Ask until it answers, for a minute at most. */
export async function untilItAnswers(url: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return;
    if (performance.now() > deadline) throw new Error(`${url}: expected an answer, got none`);
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
}
