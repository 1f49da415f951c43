/** Runs one task at a time: a new one aborts the one before it, whose result is dropped. */
export interface Latest {
  run(task: (signal: AbortSignal) => Promise<void>): void;
  cancel(): void;
}

export function createLatest(): Latest {
  let current = new AbortController();
  return {
    run(task) {
      current.abort();
      const mine = (current = new AbortController());
      task(mine.signal).catch((error: unknown) => {
        if (!mine.signal.aborted) throw error;
      });
    },
    cancel: () => current.abort(),
  };
}
