import { isActive, type Job } from '../rows/jobs.ts';
import type { Stores } from '../../catalogue/stores.ts';
import { putJson } from '../../objects/put-json.ts';
import { reportKey, reportPageKey } from '../../version/keys.ts';
import type { CostSettings } from './cost-settings.ts';
import { reportJob } from './job-report.ts';
import { reportPage } from './report-page.ts';

/**
 * Write the report of a job that has ended beside the job's other objects, as JSON and as a page. An
 * existing report stays, because it cannot be computed again after the ledger is removed.
 */
export async function keepReport(
  stores: Stores & { readonly costs?: CostSettings },
  job: Job,
): Promise<void> {
  const { objects, costs } = stores;
  if (isActive(job) || (await objects.head(reportKey(job.id)))) return;
  const report = await reportJob(stores, job, costs);
  const page = new TextEncoder().encode(reportPage(report));
  await objects.put(reportPageKey(job.id), page);
  // The JSON is written last, so that its presence means that both exist.
  await putJson(objects, reportKey(job.id), report);
}
