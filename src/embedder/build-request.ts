import { z } from 'zod';
import { compareRequestSchema } from '../metrics/comparison.ts';
import { collectionNameSchema } from '../version/collection-name.ts';

/** The id of a job is a part of keys and URLs. */
const jobId = z.string().regex(/^[\w-]{1,64}$/, 'expected 1 to 64 letters, digits, "_" or "-"');

/**
 * A request to build the version that the plan of a job describes, or to compare two versions. The
 * plan and the versions lie in the object store. A comparison has a job id of its own.
 */
export const buildRequestSchema = z.strictObject({
  jobId,
  collection: collectionNameSchema,
  /** The hash of the model. */
  model: z.string().min(1).max(64).optional(),
  /** Options of the index. The builder checks them. */
  options: z.record(z.string(), z.unknown()).optional(),
  compare: compareRequestSchema.optional(),
});

export const buildStatusSchema = z.object({
  /** The id of the job. */
  id: jobId,
  state: z.enum(['running', 'cancelling', 'succeeded', 'failed', 'cancelled']),
  stage: z.string().nullable(),
  done: z.number(),
  total: z.number(),
  /** Given where the build succeeded. */
  result: z.record(z.string(), z.unknown()).optional(),
  /** Given where the build failed. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

export const buildAnswerSchema = z.object({ build: buildStatusSchema });

export type BuildRequest = z.infer<typeof buildRequestSchema>;
export type BuildStatus = z.infer<typeof buildStatusSchema>;
export type BuildResult = Readonly<Record<string, unknown>>;
