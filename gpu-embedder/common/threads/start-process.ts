import { fork } from 'node:child_process';
import type { AskedPort } from './ask-thread.ts';

/**
 * Start a process whose entry is a TypeScript module, and that is asked like a thread. It costs more
 * than a thread, but it can be ended in the middle of native work, and its crash is its own.
 *
 * @param entry - module URL, `new URL('./x-process.ts', import.meta.url)`
 */
export function startProcess(entry: URL): AskedPort {
  const child = fork(new URL('./boot.mjs', import.meta.url), [entry.href], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return {
    on: (event: string, listener) => child.on(event, listener),
    // A process that has just ended cannot be told anything; its end is reported as an event.
    postMessage: (message) => void child.send(message as object, () => {}),
    ref: () => {
      child.ref();
      child.channel?.ref();
    },
    unref: () => {
      child.unref();
      child.channel?.unref();
    },
    terminate: async () => void child.kill('SIGKILL'),
  };
}
