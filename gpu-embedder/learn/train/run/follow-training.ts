import { progressBar, type Progress } from '../../../common/progress.ts';
import { stageLabel } from '../recipe/config.ts';
import type { StepRecord, ValidationRecord } from './records.ts';
import { trainingLine } from '../report/training-line.ts';
import type { TrainNote, TrainThreadData } from './train-thread.ts';

/** Shows how a run goes. */
export interface TrainingFollower {
  readonly note: (note: TrainNote) => void;
  /** The last ones of this run. */
  records(): { readonly last: StepRecord | null; readonly validation: ValidationRecord | null };
  close(): void;
}

/** Follow a run by what its thread tells: progress on stderr. */
export function followTraining({ stages }: TrainThreadData): TrainingFollower {
  const total = stages.reduce((sum, { steps }) => sum + steps, 0);
  let bar: Progress | null = null;
  let last: StepRecord | null = null;
  let validation: ValidationRecord | null = null;

  function show(label: string, of: number, done: number, note?: string): void {
    bar ??= progressBar(label, of);
    bar.update(done, note);
  }

  function hide(): void {
    bar?.stop();
    bar = null;
  }

  return {
    note: (note) => {
      switch (note.type) {
        case 'encoding':
          show(`encode ${note.what}`, note.total, note.done);
          if (note.done === note.total) hide();
          break;
        case 'begin':
          show('train', total, note.step);
          break;
        case 'record':
          if (note.record.type === 'validation') validation = note.record;
          else last = note.record;
          if (last) {
            const label = stageLabel(stages[last.stage]);
            show('train', total, last.step, trainingLine(last, validation, label));
          }
          break;
        case 'warning':
          process.stderr.write(`warning: ${note.message}\n`);
          break;
        case 'stage':
          process.stderr.write(`stage ${note.stage + 1} of ${stages.length} done\n`);
      }
    },
    records: () => ({ last, validation }),
    close: hide,
  };
}
