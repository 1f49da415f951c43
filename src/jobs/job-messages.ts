import { z } from 'zod';
import type { ActiveJobState } from '../catalogue/schema/tables.ts';
import { machine } from './machine.ts';

const job = z.string().min(1).max(64);

/** The work of a state, for the whole job. */
type StateStep = (typeof machine)[ActiveJobState]['step'];

const stateSteps: readonly StateStep[] = Object.values(machine).map(({ step }) => step);

/**
 * What a queue carries for a job: one step each. Messages may come more than once, late or in another
 * order; all of that is harmless.
 */
export const jobMessageSchema = z.discriminatedUnion('step', [
  z.object({ step: z.enum(stateSteps), job }),
  z.object({ step: z.literal('encode'), job, batch: z.int().min(0) }),
]);

export type JobMessage = z.infer<typeof jobMessageSchema>;
