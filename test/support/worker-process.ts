import { startWorker, type WorkerOptions } from '../../gpu-embedder/dev/start-worker.ts';

/** Run the worker in a process of its own, which a test may kill: options as JSON, then its URL. */
const worker = await startWorker(JSON.parse(process.argv[2]) as WorkerOptions);
process.stdout.write(`${worker.url}\n`);
process.once('SIGTERM', () => void worker.stop().then(() => process.exit()));
