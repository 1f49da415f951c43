import {
  exitWhenInterrupted,
  handleInterrupts,
  stopAsked,
  untilInterrupted,
} from '../../gpu-embedder/cli/interrupts.ts';

/** A command for `interrupts.test.ts`, in a process of its own, which signals end. */
handleInterrupts();
// What a library does that ends its own processes with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(99));
const running = setInterval(() => {}, 1000);
const say = (text: string) => process.stdout.write(`${text}\n`);

const commands: Readonly<Record<string, () => Promise<void>>> = {
  plain: async () => void say('ready'),
  'break-off': async () => {
    exitWhenInterrupted();
    say('ready');
  },
  /** Stops as soon as it is asked to. */
  prompt: () =>
    untilInterrupted(async (signal) => {
      say('ready');
      await stopAsked(signal);
      clearInterval(running);
      signal.throwIfAborted();
    }, 'stopping'),
  /** Goes on until it is ended. */
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
