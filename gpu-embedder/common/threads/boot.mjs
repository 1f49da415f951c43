// A worker thread can only start with JavaScript: find the compiled entry of this thread and run it.
import { basename } from 'node:path';
import { workerData } from 'node:worker_threads';
import { compiled } from '../../../bin/compiled.mjs';

process.setSourceMapsEnabled(true);
await import(await compiled(basename(workerData.entry, '.ts')));
