// A worker thread or a process can only start with JavaScript: find the compiled entry and run it.
import { basename } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';
import { compiled } from '../../../bin/compiled.mjs';

process.setSourceMapsEnabled(true);
const entry = isMainThread ? process.argv[2] : workerData.entry;
await import(await compiled(basename(entry, '.ts')));
