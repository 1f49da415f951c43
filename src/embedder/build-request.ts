import { z } from 'zod';
import { compareRequestSchema } from '../metrics/comparison.ts';
import { collectionNameSchema } from '../version/collection-name.ts';

/** Jobs name keys and URLs. */
const jobId = z.string().regex(/^[\w-]{1,64}$/, 'expected 1 to 64 letters, digits, "_" or "-"');

/**
 * What a service builds: the version that a job's plan describes, which lies in the object store. Or
 * what it compares, under an id of its own: two versions that lie there.
 */
export const buildRequestSchema = z.strictObject({
  jobId,
  collection: collectionNameSchema,
  /** Hash of the model. */
  model: z.string().min(1).max(64).optional(),
  /** Of the index: checked by whoever builds. */
  options: z.record(z.string(), z.unknown()).optional(),
  compare: compareRequestSchema.optional(),
});

export const buildStatusSchema = z.object({
  /** That of its job. */
  id: jobId,
  state: z.enum(['running', 'cancelling', 'succeeded', 'failed', 'cancelled']),
  stage: z.string().nullable(),
  done: z.number(),
  total: z.number(),
  /** Of one that succeeded. */
  result: z.record(z.string(), z.unknown()).optional(),
  /** Of one that failed. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

export const buildAnswerSchema = z.object({ build: buildStatusSchema });

export type BuildRequest = z.infer<typeof buildRequestSchema>;
export type BuildStatus = z.infer<typeof buildStatusSchema>;
export type BuildResult = Readonly<Record<string, unknown>>;
