import { handleInterrupts } from './cli/interrupts.ts';
import { runCli } from './run-cli.ts';

handleInterrupts();
// A reader that closes the pipe early (`diptych search … | head -1`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
process.exitCode = await runCli(process.argv.slice(2));
