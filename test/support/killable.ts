import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process that can be killed together with its children, without warning (SIGKILL). */
export interface Killable {
  /** Settles when the process has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  kill(): Promise<void>;
}

export interface KillableOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Start a Node program. @param args - arguments of `node` */
export function startKillable(args: readonly string[], { cwd, env }: KillableOptions): Killable {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    // The process leads its own group, because workerd would survive its parent.
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
        // The process has already ended.
      }
      await ended;
    },
  };
}

/** Request a URL until there is an answer, for at most a minute. */
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
