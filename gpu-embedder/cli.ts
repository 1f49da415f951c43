import { runCli } from './run-cli.ts';

const interruptedExitCode = { SIGINT: 130, SIGTERM: 143 } as const;

/** npm passes on the Ctrl-C that the terminal has sent already: within this, it is the same one. */
const sameSignalMs = 500;

/** Exit on a signal, unless the command listens for it itself; the second one always exits. */
function handleSignals(): void {
  let first: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const isFirst = first === undefined;
      first ??= performance.now();
      const isSame = performance.now() - first < sameSignalMs;
      if (isFirst ? process.listenerCount(signal) > 1 : isSame) return;
      process.stderr.write('\ninterrupted\n');
      process.exit(interruptedExitCode[signal]);
    });
  }
  // A reader that has enough (`diptych search … | head -1`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
}

handleSignals();
process.exitCode = await runCli(process.argv.slice(2));
