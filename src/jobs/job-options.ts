import type { CompareOptions, JobOptions } from './rows/job-details.ts';
import { DiptychError } from '../errors.ts';
import { heldOutSchema } from '../metrics/comparison.ts';
import type { BuildOptions } from './build-options.ts';
import { parseSwitchCondition } from './steps/switch-condition.ts';

/**
 * Check the options of the switch, and join them with the options of the index.
 *
 * @throws DiptychError invalid_option
 */
export function jobOptions(index: BuildOptions, { switchIf, heldOut }: CompareOptions): JobOptions {
  if (switchIf !== undefined) parseSwitchCondition(switchIf);
  if (heldOut && !heldOutSchema.safeParse(heldOut).success) {
    throw new DiptychError(
      'invalid_option',
      `heldOut: expected 1 to 100 names of sets, got ${JSON.stringify(heldOut)}`,
    );
  }
  return { index, ...((switchIf || heldOut) && { compare: { switchIf, heldOut } }) };
}
