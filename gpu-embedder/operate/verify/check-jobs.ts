import { listJobs } from '../../../src/jobs/rows/jobs.ts';
import { ledgerCounts } from '../../../src/jobs/rows/ledger.ts';
import type { Verifying } from './verifying.ts';

/** Check for every job that succeeded: inputs = indexed + skipped + failed. @returns how many jobs there are */
export async function checkJobs(work: Verifying): Promise<number> {
  const { catalogue, collection, page, differ } = work;
  let count = 0;
  for (let before: string | undefined; ;) {
    const jobs = await listJobs(catalogue, collection, { before, limit: page });
    count += jobs.length;
    for (const { id, state } of jobs) {
      if (state !== 'succeeded') continue;
      const { inputs, states } = await ledgerCounts(catalogue, id);
      const ended = states.reused + states.encoded + states.skipped + states.failed;
      if (inputs === ended) continue;
      differ({
        kind: 'ledger_open',
        where: `job ${id}`,
        expected: `${inputs} items with a result`,
        got: String(ended),
        fix: 'run reindex',
      });
    }
    if (jobs.length < page) return count;
    before = jobs.at(-1)!.id;
  }
}
