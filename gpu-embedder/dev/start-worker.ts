import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Json, Miniflare } from 'miniflare';
import { restarted } from '../../src/jobs/restarted.ts';
import { loadMiniflare } from '../store/load-miniflare.ts';
import { bundleWorker } from './bundle-worker.ts';
import { readWranglerConfig } from './wrangler-config.ts';

export interface WorkerOptions {
  readonly host: string;
  readonly port: number;
  /** Where the local R2 keeps its objects. */
  readonly r2Dir: string;
  /** Where the local D1 keeps its databases; in memory, if left out. */
  readonly d1Dir?: string;
  /** Variables of its environment, such as DIPTYCH_ADMIN_TOKEN. */
  readonly variables?: Readonly<Record<string, Json>>;
  /** Module to run in place of the one that wrangler.toml names. */
  readonly entry?: string;
}

export interface RunningWorker {
  readonly url: string;
  stop(): Promise<void>;
}

const lookEveryMs = 15_000;
const root = new URL('../../', import.meta.url);

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
  const { Log, LogLevel, Miniflare } = loadMiniflare();
  const runtime = new Miniflare({
    name: config.name,
    modules: await bundleWorker(entry ?? fileURLToPath(new URL(config.main, root))),
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    r2Buckets: Object.fromEntries(config.r2_buckets.map((b) => [b.binding, b.bucket_name])),
    r2Persist: r2Dir,
    // By name, as `localCatalogue` opens it: the id of wrangler.toml is that of a deployment.
    d1Databases: Object.fromEntries(config.d1_databases.map((d) => [d.binding, d.database_name])),
    d1Persist: d1Dir ?? false,
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
    images: config.images,
    assets: {
      directory: fileURLToPath(new URL(assets.directory, root)),
      routerConfig: {
        has_user_worker: true,
        static_routing: { user_worker: assets.run_worker_first },
      },
    },
    host,
    port,
    cf: false,
    log: new Log(LogLevel.WARN),
    // The worker's request log is no result: stdout stays free for those.
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      for (const output of [stdout, stderr]) {
        output.on('data', (text: Uint8Array) => void process.stderr.write(text));
      }
    },
  });
  const url = await runtime.ready;
  const stopLooking = variables?.['EMBEDDER_URL'] ? lookAfterJobs(runtime) : () => {};
  const stop = () => {
    stopLooking();
    return runtime.dispose();
  };
  return { url: url.origin, stop };
}

/**
 * Stand in for the cron trigger of wrangler.toml, which the local runtime has none of. Its queue is
 * in memory: to begin with, jobs that were under way go on from the catalogue.
 */
function lookAfterJobs(runtime: Miniflare): () => void {
  let cron = restarted;
  const look = async () => {
    const worker = await runtime.getWorker();
    await worker.scheduled({ cron });
    cron = '';
  };
  const lookOrReport = () => void look().catch(report);
  lookOrReport();
  const timer = setInterval(lookOrReport, lookEveryMs);
  return () => clearInterval(timer);
}

function report(error: unknown): void {
  process.stderr.write(`jobs could not be looked after: ${String(error)}\n`);
}
