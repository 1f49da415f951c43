import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { restarted } from '../../src/reindex/job-messages.ts';
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
  readonly variables?: Readonly<Record<string, string>>;
}

export interface RunningWorker {
  readonly url: string;
  stop(): Promise<void>;
}

/** As the cron trigger of wrangler.toml, which the local runtime has none of. */
const wakeEveryMs = 5 * 60 * 1000;
const root = new URL('../../', import.meta.url);

/** Start the worker of wrangler.toml in workerd. */
export async function startWorker({
  host,
  port,
  r2Dir,
  d1Dir,
  variables,
}: WorkerOptions): Promise<RunningWorker> {
  const config = await readWranglerConfig(new URL('wrangler.toml', root));
  const { assets } = config;
  const runtime = new Miniflare({
    name: config.name,
    modules: await bundleWorker(fileURLToPath(new URL(config.main, root))),
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
      stdout.pipe(process.stderr);
      stderr.pipe(process.stderr);
    },
  });
  const url = await runtime.ready;
  const wake = async (cron: string) => {
    await (await runtime.getWorker()).scheduled({ cron }).catch(report);
  };
  // The queue of the local runtime is in memory: jobs that were under way go on from the catalogue.
  if (variables?.['EMBEDDER_URL']) await wake(restarted);
  const timer = setInterval(() => void wake(''), wakeEveryMs);
  const stop = () => {
    clearInterval(timer);
    return runtime.dispose();
  };
  return { url: url.origin, stop };
}

function report(error: unknown): void {
  process.stderr.write(`jobs could not be looked after: ${String(error)}\n`);
}
