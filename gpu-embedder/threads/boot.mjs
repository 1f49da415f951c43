// A worker thread does not inherit tsx's loader on Node 20: register it, then run the entry.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.entry);
