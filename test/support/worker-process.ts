import { startWorker, type WorkerOptions } from '../../gpu-embedder/operate/dev/start-worker.ts';

/** Runs the worker in a process that a test can kill. It reads options as JSON and prints its URL. */
const worker = await startWorker(JSON.parse(process.argv[2]) as WorkerOptions);
process.stdout.write(`${worker.url}\n`);
process.once('SIGTERM', () => void worker.stop().then(() => process.exit()));
