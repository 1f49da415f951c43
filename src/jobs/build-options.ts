import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Job } from '../catalogue/jobs.ts';
import { ledgerCounts } from '../catalogue/ledger.ts';

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
