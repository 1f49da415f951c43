import { progressBar, type Progress } from './progress.ts';

/** Shows the progress of work in stages, one bar after the other. */
export interface StageBars {
  /** A bar of its own begins where the stage, or how much it has to do, is another than before. */
  update(stage: string, done: number, total: number): void;
  stop(): void;
}

/** Show a bar at a time, of the stage that is told of. */
export function stageBars(): StageBars {
  let shown: { readonly stage: string; readonly total: number; readonly bar: Progress } | undefined;

  function stop(): void {
    shown?.bar.stop();
    shown = undefined;
  }

  return {
    update(stage, done, total) {
      if (shown?.stage !== stage || shown.total !== total) {
        stop();
        shown = { stage, total, bar: progressBar(stage, total) };
      }
      shown.bar.update(done);
    },
    stop,
  };
}
