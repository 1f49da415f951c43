import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { durationFlag } from '../flags/durations.ts';
import { deviceFlag, modelFlag } from '../flags/models.ts';
import { portOrAny, wholeNumber } from '../flags/numbers.ts';
import type { Device } from '../../common/devices.ts';
import { stopAsked, untilInterrupted } from '../interrupts.ts';
import { checkPort } from '../../operate/dev/check-port.ts';
import { checkExposure } from '../../embed/service/http/check-exposure.ts';
import { verifyVersion } from '../../operate/publish/verify-version.ts';
import { describeBuilt } from '../../operate/jobs/describe-built.ts';
import type { BuildFunction } from '../../embed/service/builds.ts';
import { maxBatch } from '../../embed/service/embedder/max-batch.ts';
import { openStore, storeFlag } from '../../operate/store/open-store.ts';

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly model: string;
  readonly threads?: number;
  readonly device: Device;
  readonly maxBatch: number;
  /** Milliseconds. */
  readonly grace: number;
  readonly store?: string;
}

/** Register `serve`. */
export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('embed over HTTP, for re-indexing at scale')
    .option('--port <n>', 'port to listen on; 0 takes a free one', portOrAny, 8788)
    .option(
      '--host <address>',
      'address to listen on; needs a token unless it is loopback',
      '127.0.0.1',
    )
    .addOption(modelFlag())
    .option('--threads <n>', 'threads of the model (default: one per core)', wholeNumber(1, 1024))
    .addOption(deviceFlag())
    .option(
      '--max-batch <n>',
      'most images in a run of the model; of texts, four times as many',
      wholeNumber(1, maxBatch),
      maxBatch,
    )
    .addOption(
      durationFlag('--grace', 'how long work in progress may take after a signal', {
        unit: 'seconds',
        most: 3600,
        byDefault: 30,
      }),
    )
    .option('--store <where>', `also build indexes of the collections in a store: ${storeFlag}`)
    .addHelpText(
      'after',
      '\nDIPTYCH_EMBEDDER_TOKEN is the bearer token that requests must carry.\n' +
        'One line of JSON per request goes to stderr. SIGTERM finishes the requests in progress.',
    )
    .action((flags: ServeFlags) => untilInterrupted((signal) => serve(flags, signal)));
}

async function serve(flags: ServeFlags, stop: AbortSignal): Promise<void> {
  // Many tools set an empty variable to say that there is none.
  const token = process.env.DIPTYCH_EMBEDDER_TOKEN || undefined;
  const { host, port, threads, device, maxBatch, grace: graceMs } = flags;
  checkExposure(host, token);
  if (port !== 0) await checkPort(host, port);
  const [{ loadModelInThread }, { serveUntilStopped }] = await Promise.all([
    import('../../embed/service/embedder/load-model-in-thread.ts'),
    import('../../embed/service/serve-until-stopped.ts'),
  ]);
  const store = flags.store === undefined ? undefined : await openStore(flags.store);
  const model = await loadModelInThread(flags.model, { threads, device });
  const unfinished = await serveUntilStopped({
    model,
    version: await softwareVersion(),
    token,
    host,
    port,
    maxBatch,
    threads,
    decodeThreads: availableParallelism(),
    build: store && buildWith(store, flags.model),
    graceMs,
    stopped: stopAsked(stop),
    log: (line) => process.stderr.write(`${JSON.stringify(line)}\n`),
    onListening: (url) => process.stdout.write(`${model.id} (${model.hash}) at ${url}\n`),
  });
  await model.dispose();
  await store?.close();
  if (unfinished === 0) return;
  process.stderr.write(
    `stopped after ${graceMs / 1000} s; unfinished requests and builds: ${unfinished}\n`,
  );
  process.exitCode = 1;
}

/**
 * Make the function that builds the version of a job, or compares two versions. A built version is
 * verified before the build counts as done.
 */
function buildWith(objects: ObjectStore, model: string): BuildFunction {
  return async ({ jobId, collection, options, compare }, signal, onProgress) => {
    if (compare) {
      const { compareVersions } = await import('../../operate/jobs/compare-versions.ts');
      return compareVersions(objects, collection, compare, {
        signal,
        onProgress: (done, total) => onProgress('compare', done, total),
      });
    }
    const { buildFromPlan } = await import('../../operate/jobs/build-from-plan.ts');
    const plan = { objects, jobId, collection, model, options };
    const built = await buildFromPlan(plan, signal, onProgress);
    await verifyVersion(objects, collection, built.version);
    return describeBuilt(built);
  };
}

async function softwareVersion(): Promise<string> {
  const manifest = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
