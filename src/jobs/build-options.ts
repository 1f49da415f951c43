import { z } from 'zod';
import { vectorFormat } from '../version/format.ts';
import { maxShards } from '../version/manifest.ts';
import { quantisations } from '../version/quantise.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Job } from './rows/jobs.ts';
import { ledgerCounts } from './rows/ledger.ts';
import { DiptychError } from '../errors.ts';

/** Libraries that build graphs, as options and version ids name them. */
export const builderNames = ['hnswlib', 'usearch'] as const;
export const builderChoices = ['auto', ...builderNames] as const;

export type BuilderName = (typeof builderNames)[number];
export type BuilderChoice = (typeof builderChoices)[number];

/** The least and the most that options and flags take. */
export const buildRanges = {
  M: [2, vectorFormat.maxM],
  efConstruction: [1, 4096],
  shards: [1, maxShards],
} as const;

const within = ([least, most]: readonly [number, number]) => z.int().min(least).max(most);

/** What may be chosen of an index version; what is left out is as `diptych index` has it. */
export const buildOptionsSchema = z.strictObject({
  /** Version of the collection whose graphs are changed; without it they are built from nothing. */
  from: z.string().min(1).optional(),
  M: within(buildRanges.M).optional(),
  efConstruction: within(buildRanges.efConstruction).optional(),
  /** annRecall@10 that a search reaches. */
  recall: z.number().gt(0).max(1).optional(),
  quantisation: z.enum(quantisations).optional(),
  builder: z.enum(builderChoices).optional(),
  /** Isolates that the vectors are split among. */
  shards: within(buildRanges.shards).optional(),
  /** Memory of an isolate, bytes. */
  budget: z.int().positive().optional(),
});

export type BuildOptions = Readonly<z.infer<typeof buildOptionsSchema>>;

/** What a builder needs besides the pages of a job's plan. */
const planOptionsSchema = buildOptionsSchema.extend({
  /** Items of all pages, as the ledger counts them: the build fails if the pages hold another number. */
  items: z.int().min(0),
  /** What the version says of its making, so that a build that is run again gives the same bytes. */
  createdAt: z.iso.datetime(),
});

export type PlanOptions = Readonly<z.infer<typeof planOptionsSchema>>;

/** Check options that came to a builder with a job. @throws DiptychError invalid_option */
export function parsePlanOptions(options: unknown): PlanOptions {
  const result = planOptionsSchema.safeParse(options);
  if (result.success) return result.data;
  throw new DiptychError('invalid_option', `options: ${z.prettifyError(result.error)}`);
}

/** Add to the options of a job what a builder needs besides; the builder checks all of them. */
export async function planOptions(
  catalogue: Catalogue,
  { id, options, createdAt }: Job,
): Promise<Record<string, unknown>> {
  const { states } = await ledgerCounts(catalogue, id);
  return {
    ...options.index,
    items: states.reused + states.encoded,
    createdAt: new Date(createdAt).toISOString(),
  };
}
