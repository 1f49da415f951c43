import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { Json, Log, Miniflare, WorkerOptions as RuntimeWorker } from 'miniflare';
import { restarted } from '../../../src/jobs/restarted.ts';
import { loadMiniflare } from '../store/load-miniflare.ts';
import { bundleWorker } from './bundle-worker.ts';
import { localImages } from './local-images.ts';
import { readWranglerConfig } from './wrangler-config.ts';

export interface WorkerOptions {
  readonly host: string;
  readonly port: number;
  /** Folder of the objects of the local R2. */
  readonly r2Dir: string;
  /** Folder of the databases of the local D1; default: in memory. */
  readonly d1Dir?: string;
  /** Environment variables of the worker, such as DIPTYCH_ADMIN_TOKEN. */
  readonly variables?: Readonly<Record<string, Json>>;
  /** Module to run instead of the one in wrangler.toml. */
  readonly entry?: string;
}

export interface RunningWorker {
  readonly url: string;
  stop(): Promise<void>;
}

const cronEveryMs = 15_000;
const root = new URL('../../../', import.meta.url);

/** Start the worker of wrangler.toml in workerd. */
export async function startWorker({
  host,
  port,
  r2Dir,
  d1Dir,
  variables,
  entry,
}: WorkerOptions): Promise<RunningWorker> {
  const config = await readWranglerConfig(new URL('wrangler.toml', root));
  const { assets } = config;
  const miniflare = loadMiniflare();
  const { wrapper, wrappedBindings } = localImages(config.images.binding);
  const worker: RuntimeWorker = {
    name: config.name,
    modules: await bundleWorker(entry ?? fileURLToPath(new URL(config.main, root))),
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    r2Buckets: Object.fromEntries(config.r2_buckets.map((b) => [b.binding, b.bucket_name])),
    // `localCatalogue` opens a database by name; the id in wrangler.toml belongs to a deployment.
    d1Databases: Object.fromEntries(config.d1_databases.map((d) => [d.binding, d.database_name])),
    bindings: variables,
    queueProducers: Object.fromEntries(config.queues.producers.map((p) => [p.binding, p.queue])),
    queueConsumers: Object.fromEntries(
      config.queues.consumers.map((consumer) => [
        consumer.queue,
        {
          maxBatchSize: consumer.max_batch_size,
          maxBatchTimeout: consumer.max_batch_timeout,
          maxRetries: consumer.max_retries,
          deadLetterQueue: consumer.dead_letter_queue,
        },
      ]),
    ),
    durableObjects: Object.fromEntries(
      config.durable_objects.bindings.map(({ name, class_name: className }) => [
        name,
        { className, useSQLite: true },
      ]),
    ),
    wrappedBindings,
    assets: {
      directory: fileURLToPath(new URL(assets.directory, root)),
      routerConfig: {
        has_user_worker: true,
        static_routing: { user_worker: assets.run_worker_first },
      },
    },
  };
  const runtime = new miniflare.Miniflare({
    workers: [worker, wrapper],
    r2Persist: r2Dir,
    d1Persist: d1Dir ?? false,
    host,
    port,
    cf: false,
    log: plainLog(miniflare),
    // The worker's request log goes to stderr, because stdout is for results.
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      for (const output of [stdout, stderr]) {
        output.setEncoding('utf8').on('data', (text: string) => void process.stderr.write(text));
      }
    },
  });
  const url = await runtime.ready;
  const stopCron = variables?.['EMBEDDER_URL'] ? startCron(runtime) : () => {};
  const stop = () => {
    stopCron();
    return runtime.dispose();
  };
  return { url: url.origin, stop };
}

/** Log warnings of the runtime without colours, whose codes would be shown as escapes. */
function plainLog({ Log, LogLevel }: ReturnType<typeof loadMiniflare>): Log {
  class PlainLog extends Log {
    protected override log(message: string): void {
      super.log(stripVTControlCharacters(message));
    }
  }
  return new PlainLog(LogLevel.WARN);
}

/**
 * Replace the cron trigger of wrangler.toml, which the local runtime lacks. The local queue is in
 * memory, so the first run also restarts the unfinished jobs of the catalogue.
 */
function startCron(runtime: Miniflare): () => void {
  let cron = restarted;
  const trigger = async () => {
    const worker = await runtime.getWorker();
    await worker.scheduled({ cron });
    cron = '';
  };
  const triggerOrReport = () => void trigger().catch(report);
  triggerOrReport();
  const timer = setInterval(triggerOrReport, cronEveryMs);
  return () => clearInterval(timer);
}

function report(error: unknown): void {
  process.stderr.write(`the worker's cron trigger failed: ${String(error)}\n`);
}
