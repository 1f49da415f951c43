import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { InputKind } from './embedder/direct-embedder.ts';

/** The counters of a service. */
export interface ServiceMetrics {
  request(route: string, status: number, seconds: number): void;
  /** Count a run of the model. */
  run(kind: InputKind, rows: number, seconds: number): void;
  items(kind: InputKind, result: 'encoded' | 'failed', count: number): void;
  /** Write the metrics in the format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Values that are read when the metrics are written. */
export interface Gauges {
  readonly requestsInProgress: () => number;
  readonly rowsWaiting: () => Readonly<Record<InputKind, number>>;
}

/** Create the metrics of a service; they include the event loop lag and the memory of its process. */
export function createServiceMetrics(gauges: Gauges): ServiceMetrics {
  const registry = new Registry();
  const registers = [registry];
  const name = (rest: string) => `diptych_embedder_${rest}`;
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: name('requests_total'),
    help: 'Requests answered',
    labelNames: ['route', 'status'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: name('request_seconds'),
    help: 'Time from the head of a request to its answer',
    labelNames: ['route'],
    buckets: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    registers,
  });
  const items = new Counter({
    name: name('items_total'),
    help: 'Images and texts that got an embedding or none',
    labelNames: ['kind', 'result'],
    registers,
  });
  const batchRows = new Histogram({
    name: name('batch_rows'),
    help: 'Rows of a run of the model; its count is the number of runs',
    labelNames: ['kind'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const runSeconds = new Histogram({
    name: name('run_seconds'),
    help: 'Time of a run of the model, with the wait for the one before it',
    labelNames: ['kind'],
    buckets: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
    registers,
  });
  new Gauge({
    name: name('requests_in_progress'),
    help: 'Requests that were taken and not answered yet',
    registers,
    collect() {
      this.set(gauges.requestsInProgress());
    },
  });
  new Gauge({
    name: name('queue_rows'),
    help: 'Rows that wait for a run of the model',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, rows] of Object.entries(gauges.rowsWaiting())) this.set({ kind }, rows);
    },
  });
  return {
    request: (route, status, seconds) => {
      requests.inc({ route, status });
      requestSeconds.observe({ route }, seconds);
    },
    run: (kind, rows, seconds) => {
      batchRows.observe({ kind }, rows);
      runSeconds.observe({ kind }, seconds);
    },
    items: (kind, result, count) => items.inc({ kind, result }, count),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
