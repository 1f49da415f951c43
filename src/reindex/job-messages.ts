import { z } from 'zod';

const job = z.string().min(1).max(64);

/** What a queue carries for a job: one step each. At least once, late, or in another order: all are harmless. */
export const jobMessageSchema = z.discriminatedUnion('step', [
  z.object({ step: z.literal('plan'), job }),
  z.object({ step: z.literal('encode'), job, batch: z.int().min(0) }),
  z.object({ step: z.literal('settle'), job }),
  z.object({ step: z.literal('build'), job }),
  z.object({ step: z.literal('compare'), job }),
  z.object({ step: z.literal('publish'), job }),
]);

export type JobMessage = z.infer<typeof jobMessageSchema>;

/** What the local runtime says instead of a cron expression when it has just started. */
export const restarted = 'restarted';
