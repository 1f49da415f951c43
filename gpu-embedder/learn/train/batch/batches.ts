import type { Modality } from '../../model/tower.ts';
import type { FeatureTable } from './feature-table.ts';
import type { DrawSettings } from './draw-fields.ts';
import type { PixelNormalisation } from './render-view.ts';
import type { TextInput } from './text-input.ts';
import type { TrainingSet } from './training-set.ts';

/** Arrays of one step by graph input name. */
export type Batch = Readonly<Record<string, Float32Array | Int32Array>>;

/** What the batches of a run need beside the training set. */
export interface BatchInputs {
  readonly text: TextInput;
  /** Side of the image tower's input, pixels. */
  readonly imageSize: number;
  readonly normalisation: PixelNormalisation;
  /** Features of frozen towers. */
  readonly features: Partial<Record<Modality, FeatureTable>>;
}

/** Everything that the batches of a run are made from. */
export interface BatchRun {
  readonly set: TrainingSet;
  readonly config: DrawSettings;
  readonly inputs: BatchInputs;
}
