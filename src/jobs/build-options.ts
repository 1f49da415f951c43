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

/** The smallest and the largest value that options and flags accept. */
export const buildRanges = {
  M: [2, vectorFormat.maxM],
  efConstruction: [1, 4096],
  shards: [1, maxShards],
} as const;

const within = ([least, most]: readonly [number, number]) => z.int().min(least).max(most);

/** Options of an index version. One that is left out has the default of `diptych index`. */
export const buildOptionsSchema = z.strictObject({
  /** The version whose graphs are updated; without it, new graphs are built. */
  from: z.string().min(1).optional(),
  M: within(buildRanges.M).optional(),
  efConstruction: within(buildRanges.efConstruction).optional(),
  /** The annRecall@10 that a search must reach. */
  recall: z.number().gt(0).max(1).optional(),
  quantisation: z.enum(quantisations).optional(),
  builder: z.enum(builderChoices).optional(),
  /** How many isolates share the vectors. */
  shards: within(buildRanges.shards).optional(),
  /** Memory of an isolate, bytes. */
  budget: z.int().positive().optional(),
});

export type BuildOptions = Readonly<z.infer<typeof buildOptionsSchema>>;

/** What a builder needs in addition to the pages of a job's plan. */
const planOptionsSchema = buildOptionsSchema.extend({
  /** How many items the ledger counts: if the pages hold another number, the build fails. */
  items: z.int().min(0),
  /** The time that the version states: if it is the same, a repeated build gives the same bytes. */
  createdAt: z.iso.datetime(),
});

export type PlanOptions = Readonly<z.infer<typeof planOptionsSchema>>;

/** Check the options that a builder received with a job. @throws DiptychError invalid_option */
export function parsePlanOptions(options: unknown): PlanOptions {
  const result = planOptionsSchema.safeParse(options);
  if (result.success) return result.data;
  throw new DiptychError('invalid_option', `options: ${z.prettifyError(result.error)}`);
}

/**
 * Add what a builder needs to the options of a job. The builder checks the result.
 *
 * @throws DiptychError nothing_to_publish - no item can be indexed
 */
export async function planOptions(
  catalogue: Catalogue,
  { id, collection, options, createdAt }: Job,
): Promise<Record<string, unknown>> {
  const { states, inputs, reasons } = await ledgerCounts(catalogue, id);
  const items = states.reused + states.encoded;
  if (items === 0) {
    const why = reasons.map(({ state, code, count }) => `${count} ${state}: ${code}`).join(', ');
    throw new DiptychError(
      'nothing_to_publish',
      `collection ${collection}: expected at least one item that can be indexed, got none of ${inputs}${why && ` (${why})`}; what is published stays`,
    );
  }
  return {
    ...options.index,
    items,
    createdAt: new Date(createdAt).toISOString(),
  };
}
