import type { Command } from 'commander';
import { defaults } from '../../../src/config.ts';
import { ownModelFlag } from '../flags/models.ts';
import { port } from '../flags/numbers.ts';
import { openMigrated } from '../../operate/catalogue/open-catalogue.ts';
import { stopAsked, untilInterrupted } from '../interrupts.ts';
import { checkPort } from '../../operate/dev/check-port.ts';
import { buildDemo, demoCollection } from '../../operate/dev/build-demo.ts';
import { startWorker } from '../../operate/dev/start-worker.ts';
import { workerVariables } from '../../operate/dev/worker-variables.ts';

interface DevFlags {
  readonly port: number;
  readonly host: string;
  readonly model: string;
  readonly workDir: string;
}

export function registerDev(program: Command): void {
  program
    .command('dev')
    .description('prepare, encode, index and publish the demo, then serve it locally')
    .option('--port <n>', 'port of the page and the API', port, defaults.port)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(ownModelFlag())
    .option('--work-dir <dir>', 'folder for all generated files', '.diptych')
    .action(async (flags: DevFlags) => {
      await checkPort(flags.host, flags.port);
      const r2Dir = `${flags.workDir}/store/r2`;
      await buildDemo({
        model: flags.model,
        workDir: flags.workDir,
        r2Dir,
        onStage: (stage) => process.stderr.write(`${stage} …\n`),
      });
      // The tables are made here, so that the worker takes items at once.
      await (await openMigrated({ database: 'local', workDir: flags.workDir })).close();
      const variables = workerVariables(process.env);
      const { host, port } = flags;
      const d1Dir = `${flags.workDir}/store/d1`;
      const worker = await startWorker({ host, port, r2Dir, d1Dir, variables });
      process.stdout.write(welcome(worker.url));
      await untilInterrupted(async (signal) => {
        await stopAsked(signal);
        await worker.stop();
        signal.throwIfAborted();
      }, 'stopping');
    });
}

function welcome(url: string): string {
  const body = JSON.stringify({ collection: demoCollection, text: 'birthday cake', limit: 5 });
  return [
    '',
    `  Diptych is at ${url}`,
    '',
    `  curl -s ${url}/v1/search -H 'content-type: application/json' -d '${body}'`,
    '',
    '  Ctrl-C stops it.',
    '',
    '',
  ].join('\n');
}
