/** Joins the rows of concurrent callers into runs of a model. */
export interface Batcher<T> {
  /**
   * @param signal - when it aborts, the rows that wait for a run are dropped
   * @returns [rows, dim]
   */
  submit(rows: readonly T[], signal?: AbortSignal): Promise<Float32Array>;
  /** Count the rows that wait for a run. */
  waiting(): number;
}

export interface BatcherOptions<T> {
  /** Most rows in a run. */
  readonly maxRows: number;
  /** How long the first row waits for others while the model is idle, milliseconds. */
  readonly waitMs: number;
  readonly dim: number;
  /** @returns [rows, dim] */
  readonly run: (rows: readonly T[]) => Promise<Float32Array>;
}

interface Job<T> {
  readonly rows: readonly T[];
  readonly embeddings: Float32Array;
  taken: number;
  finished: number;
  readonly resolve: (embeddings: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

/** The rows of one job that a run takes. */
interface Slice<T> {
  readonly job: Job<T>;
  readonly from: number;
  readonly to: number;
}

/** Create a batcher. It does one run at a time; rows that arrive meanwhile wait for the next run. */
export function createBatcher<T>({ maxRows, waitMs, dim, run }: BatcherOptions<T>): Batcher<T> {
  let jobs: Job<T>[] = [];
  let busy = false;
  let wake: (() => void) | undefined;
  const waiting = () => jobs.reduce((sum, { rows, taken }) => sum + rows.length - taken, 0);

  async function runAll(): Promise<void> {
    busy = true;
    await waitUntilFull();
    while (jobs.length > 0) await runOnce(takeSlices(jobs, maxRows));
    busy = false;
  }

  /** Wait until there are enough rows for a full run, at most `waitMs`. */
  async function waitUntilFull(): Promise<void> {
    if (waitMs <= 0 || waiting() >= maxRows) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wake = undefined;
  }

  async function runOnce(slices: readonly Slice<T>[]): Promise<void> {
    jobs = jobs.filter(({ rows, taken }) => taken < rows.length);
    try {
      const embeddings = await run(slices.flatMap(({ job, from, to }) => job.rows.slice(from, to)));
      let row = 0;
      for (const { job, from, to } of slices) {
        job.embeddings.set(embeddings.subarray(row * dim, (row + to - from) * dim), from * dim);
        row += to - from;
        job.finished += to - from;
        if (job.finished === job.rows.length) job.resolve(job.embeddings);
      }
    } catch (error) {
      for (const { job } of slices) {
        jobs = jobs.filter((other) => other !== job);
        job.reject(error);
      }
    }
  }

  return {
    waiting,
    submit: (rows, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        if (rows.length === 0) return resolve(new Float32Array());
        const leave = () => {
          jobs = jobs.filter((other) => other !== job);
          reject(signal?.reason);
        };
        const job: Job<T> = {
          rows,
          embeddings: new Float32Array(rows.length * dim),
          taken: 0,
          finished: 0,
          resolve: (embeddings) => {
            signal?.removeEventListener('abort', leave);
            resolve(embeddings);
          },
          reject,
        };
        signal?.addEventListener('abort', leave);
        jobs.push(job);
        if (!busy) void runAll();
        else if (waiting() >= maxRows) wake?.();
      }),
  };
}

/**
 * Choose the rows of a run. Jobs that need no more than an equal share come first, so that a large
 * job does not delay small ones. The rest of the run goes to the oldest of the large jobs, so that
 * they finish one after the other.
 */
function takeSlices<T>(jobs: readonly Job<T>[], maxRows: number): Slice<T>[] {
  const slices: Slice<T>[] = [];
  let room = maxRows;
  const share = maxRows / jobs.length;
  const isSmall = ({ rows, taken }: Job<T>) => rows.length - taken <= share;
  for (const job of [...jobs.filter(isSmall), ...jobs.filter((job) => !isSmall(job))]) {
    const from = job.taken;
    const count = Math.min(room, job.rows.length - from);
    if (count === 0) break;
    job.taken += count;
    room -= count;
    slices.push({ job, from, to: job.taken });
  }
  return slices;
}
