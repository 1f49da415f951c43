import { progressBar, type Progress } from './progress.ts';

/** Shows the progress of work in stages, one bar after the other. */
export interface StageBars {
  /** Show the progress of a stage; a new bar begins when the stage or its total changes. */
  update(stage: string, done: number, total: number): void;
  stop(): void;
}

/** Create the progress bars of a command's stages. Only one of them is shown at a time. */
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
