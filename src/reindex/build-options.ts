import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Job } from '../catalogue/jobs.ts';
import { ledgerCounts } from '../catalogue/ledger.ts';

/** What a builder has to know of a job besides its pages (`plan-options.ts` of the embedder checks it). */
export async function buildOptions(
  catalogue: Catalogue,
  { id, options: { compare: _, ...options }, createdAt }: Job,
): Promise<Record<string, unknown>> {
  const { states } = await ledgerCounts(catalogue, id);
  return {
    ...options,
    items: states.reused + states.encoded,
    createdAt: new Date(createdAt).toISOString(),
  };
}
