import type { z } from 'zod';
import type { TrainableParameters } from '../../model/parameters.ts';
import type { Modality } from '../../model/tower.ts';
import type { Value } from '../../onnx/graph.ts';
import type { BatchDraw } from '../batch/batch-draw.ts';
import type { Batch } from '../batch/batches.ts';
import type { BaseStage } from './stage-fields.ts';

/**
 * Everything that training knows of one loss. To add a loss, write its module and put it into
 * `losses` (`loss-table.ts`); no other file names it.
 */
export interface Loss<Stage extends BaseStage> {
  /** As a recipe and `--loss` say it. */
  readonly name: Stage['loss'];
  /** A stage of a recipe with this loss. */
  readonly schema: z.ZodType<Stage>;
  /** Whether it learns only from images that share a concept or label with others. */
  readonly needsClasses: boolean;
  /** Towers whose embeddings it compares, learning or not. */
  towers(stage: Stage): readonly Modality[];
  /** Append the loss to the graph. @returns one number */
  graph(stage: Stage, parts: LossParts): Value;
  /** Make the arrays of one step: those that the towers read, and the inputs that `graph` declares. */
  batch(stage: Stage, draw: BatchDraw): Batch;
  /**
   * Say what a stage needs from earlier stages and does not find there, or null. Losses that need
   * nothing leave it out.
   */
  missing?(stage: Stage, earlier: readonly BaseStage[]): string | null;
}

/** What the graph of a loss is built from. */
export interface LossParts {
  readonly p: TrainableParameters;
  /** Rows of the table of class prototypes. */
  readonly classes: number;
  /** Rows of the table of word prototypes. */
  readonly words: number;
  /** Where a learnable temperature starts, log space. */
  readonly logitScale: number;
  /** Append a tower. @returns its embeddings of the batch, [batch, embedDim], unit length */
  embed(modality: Modality): Value;
}
