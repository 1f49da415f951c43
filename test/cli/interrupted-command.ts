import {
  exitWhenInterrupted,
  handleInterrupts,
  stopAsked,
  untilInterrupted,
} from '../../gpu-embedder/cli/interrupts.ts';

/** The command of `interrupts.test.ts`. It runs in a process of its own, because signals end it. */
handleInterrupts();
// Some libraries end the process when a signal comes, to end their own child processes.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(99));
const running = setInterval(() => {}, 1000);
const say = (text: string) => process.stdout.write(`${text}\n`);

const commands: Readonly<Record<string, () => Promise<void>>> = {
  plain: async () => void say('ready'),
  'break-off': async () => {
    exitWhenInterrupted();
    say('ready');
  },
  /** Stops when it is asked to. */
  prompt: () =>
    untilInterrupted(async (signal) => {
      say('ready');
      await stopAsked(signal);
      clearInterval(running);
      signal.throwIfAborted();
    }, 'stopping'),
  /** Does not stop when it is asked to. */
  slow: () =>
    untilInterrupted(async (signal) => {
      say('ready');
      await stopAsked(signal);
      say('still at it');
      await new Promise(() => {});
    }),
};

await commands[process.argv[2]]().catch((error: { exitCode?: number }) => {
  say('stopped in order');
  process.exitCode = error.exitCode;
});
