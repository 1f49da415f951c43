import { z } from 'zod';
import { vectorFormat } from '../../src/artifact/format.ts';
import { maxShards } from '../../src/artifact/manifest.ts';
import { quantisations } from '../../src/artifact/quantise.ts';
import { DiptychError } from '../../src/errors.ts';
import { builderNames } from './choose-builder.ts';

/** How a job's plan becomes a version; what is left out is as `diptych index` has it. */
const planOptionsSchema = z.strictObject({
  /** Items of all pages, as the ledger counts them: one less or more fails the build. */
  items: z.int().min(0),
  /** What the version says of its making: a build that is run again gives the same bytes. */
  createdAt: z.iso.datetime(),
  /** Version of the collection whose graphs are changed; without it they are built from nothing. */
  from: z.string().min(1).optional(),
  M: z.int().min(2).max(vectorFormat.maxM).optional(),
  efConstruction: z.int().min(1).max(4096).optional(),
  /** annRecall@10 that a search reaches. */
  recall: z.number().gt(0).max(1).optional(),
  quantisation: z.enum(quantisations).optional(),
  builder: z.enum(['auto', ...builderNames]).optional(),
  shards: z.int().min(1).max(maxShards).optional(),
  /** Memory of an isolate, bytes. */
  budget: z.int().positive().optional(),
});

export type PlanOptions = z.infer<typeof planOptionsSchema>;

/** Check options that came with a job. @throws DiptychError invalid_option */
export function parsePlanOptions(options: unknown): PlanOptions {
  const result = planOptionsSchema.safeParse(options);
  if (result.success) return result.data;
  throw new DiptychError('invalid_option', `options: ${z.prettifyError(result.error)}`);
}
