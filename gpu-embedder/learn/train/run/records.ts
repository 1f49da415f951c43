/** The lines of log.jsonl; `type` distinguishes them. */
export type LogRecord = StepRecord | ValidationRecord;

/** Means over the steps since the previous record. */
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
  /** Images per second of wall time; captions if only the text tower runs. */
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

/** The result of a query of the validation sample at the end; `validation.json` has them, worst first. */
export interface ValidationQuery {
  readonly text: string;
  /** Id of the item that it describes. */
  readonly item: string;
  /** Rank of the first right image, from 1. */
  readonly rank: number;
  /** Nearest items, best first. */
  readonly nearest: readonly { readonly item: string; readonly score: number }[];
}
