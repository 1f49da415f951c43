import type { z } from 'zod';
import { classification } from './classification.ts';
import { infonce } from './infonce.ts';
import type { Loss } from './loss.ts';
import { sigmoid } from './sigmoid.ts';
import { supervisedContrastive } from './supervised-contrastive.ts';

/** Every loss that a recipe or `--loss` can name. */
export const losses = [infonce, sigmoid, supervisedContrastive, classification] as const;

/** A stage of a run, with the fields that its loss has. */
export type Stage = z.infer<(typeof losses)[number]['schema']>;

export const lossNames = losses.map(({ name }) => name);

/** A loss takes only its own stages. This is safe here, since a stage is looked up by its own loss. */
const byName: ReadonlyMap<string, Loss<Stage>> = new Map(losses.map((loss) => [loss.name, loss]));

export const lossOf = ({ loss }: Stage): Loss<Stage> => byName.get(loss)!;
