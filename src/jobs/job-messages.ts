import { z } from 'zod';
import type { ActiveJobState } from '../catalogue/schema/tables.ts';
import { machine } from './machine.ts';

const job = z.string().min(1).max(64);

/** The step of a state; it concerns the whole job, not one batch. */
type StateStep = (typeof machine)[ActiveJobState]['step'];

const stateSteps: readonly StateStep[] = Object.values(machine).map(({ step }) => step);

/**
 * A message of a queue: one step of a job. Messages may arrive more than once, late or in another order
 * without harm.
 */
export const jobMessageSchema = z.discriminatedUnion('step', [
  z.object({ step: z.enum(stateSteps), job }),
  z.object({ step: z.literal('encode'), job, batch: z.int().min(0) }),
]);

export type JobMessage = z.infer<typeof jobMessageSchema>;
