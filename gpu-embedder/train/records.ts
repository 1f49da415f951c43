/** Lines of log.jsonl, told apart by `type`. */
export type LogRecord = StepRecord | ValidationRecord;

/** Means over the steps since the record before. */
export interface StepRecord {
  readonly type: 'step';
  /** Steps over all stages, counted from 1. */
  readonly step: number;
  /** Index of the stage. */
  readonly stage: number;
  readonly loss: number;
  /** exp(logitScale), or the fixed scale of the stage. */
  readonly scale: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** Images (captions where only the text tower runs) per second of wall time. */
  readonly imagesPerSecond: number;
  /** Share of wall time inside session.run. */
  readonly busy: number;
  /** Resident memory of the process, bytes. */
  readonly rss: number;
}

/** Retrieval on the validation sample, with the averaged weights. */
export interface ValidationRecord {
  readonly type: 'validation';
  readonly step: number;
  readonly stage: number;
  /** `image_retrieval_recall@1 | 5 | 10` and `text_retrieval_recall@1 | 5 | 10`, 0 to 1. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** How each query of the validation sample fared at the end, worst first; `validation.json`. */
export interface ValidationQuery {
  readonly text: string;
  /** Id of the item that it describes. */
  readonly item: string;
  /** Place of the first right image, from 1. */
  readonly rank: number;
  /** Nearest items, best first. */
  readonly nearest: readonly { readonly item: string; readonly score: number }[];
}
