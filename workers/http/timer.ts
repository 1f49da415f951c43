import type { SearchResponse } from '../../src/http/api.ts';

export type Timings = SearchResponse['timings'];
export type Step = Exclude<keyof Timings, 'total'>;

/** Measures the steps of a request. The clock of a worker moves only while it waits for I/O. */
export interface Timer {
  measure<T>(step: Step, work: () => T | Promise<T>): Promise<T>;
  timings(): Timings;
}

export function startTimer(): Timer {
  const start = performance.now();
  const steps: Record<Step, number> = { load: 0, encode: 0, search: 0 };
  return {
    async measure(step, work) {
      const from = performance.now();
      const result = await work();
      steps[step] += performance.now() - from;
      return result;
    },
    timings: () => ({ ...steps, total: performance.now() - start }),
  };
}
