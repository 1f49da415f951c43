import { runCli } from './run-cli.ts';

const interruptedExitCode = { SIGINT: 130, SIGTERM: 143 } as const;

/** Exit on a signal, unless the command listens for it itself; the second one always exits. */
function handleSignals(): void {
  let received = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      received += 1;
      if (received === 1 && process.listenerCount(signal) > 1) return;
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
