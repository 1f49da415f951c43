import { DiptychError } from '../../../src/errors.ts';
import {
  withoutPicture,
  type JobComparison,
  type JobReport,
} from '../../../src/jobs/report/job-report.ts';
import { metricRows } from '../../../src/jobs/report/metric-rows.ts';
import { oneLine } from '../../common/terminal.ts';

/**
 * Print the report of a job: sums and reasons to stderr, the result to stdout.
 *
 * @param kept - tells the user where the report is
 */
export function showReport(report: JobReport, kept: string, json: boolean): void {
  const { collection, inputs, indexed, reused, encoded, skipped, failed, pending } = report;
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  process.stderr.write(
    `${collection}: ${inputs} inputs = ${indexed} indexed (${reused} reused, ${encoded} encoded) + ` +
      `${sum(skipped)} skipped + ${sum(failed)} failed` +
      (pending > 0 ? ` + ${pending} not indexed, as the job ${report.state}\n` : '\n'),
  );
  const lacking = withoutPicture(report);
  if (lacking !== null) process.stderr.write(`warning: ${lacking}\n`);
  for (const { id, code, reason } of report.items.slice(0, 10)) {
    process.stderr.write(`  ${oneLine(`${id}: ${code}: ${reason}`)}\n`);
  }
  if (report.comparison) process.stderr.write(comparisonText(report.comparison));
  process.stderr.write(`report: ${kept}\n`);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${outcomeOf(report)}\n`);
}

function comparisonText(comparison: JobComparison): string {
  const { pairs, images, overlapAt10, versions } = comparison;
  const recalls = metricRows(comparison).map(
    ({ metric, before, after, change }) =>
      `  ${metric}: ${before.toFixed(4)} -> ${after.toFixed(4)} (${change.toFixed(4)})\n`,
  );
  const overlap =
    overlapAt10 === null ? '' : `  overlap of the first 10: ${overlapAt10.toFixed(4)}\n`;
  return `compared with ${versions.before} by ${pairs} captions among ${images} images:\n${recalls.join('')}${overlap}`;
}

function outcomeOf({ state, collection, version, switched }: JobReport): string {
  if (state !== 'succeeded') return state;
  return `${collection} ${version} is ${switched ? 'active' : 'ready, but not active'}`;
}

/**
 * Fail if a job failed, or did not make its version the active one.
 *
 * @throws DiptychError job_failed; below_minimum if the condition of the switch was not met
 */
export function requireSwitch({ job, state, error, collection, version, ...report }: JobReport) {
  if (state === 'failed') throw new DiptychError('job_failed', `job ${job}: ${error}`);
  if (state !== 'succeeded' || report.switched) return;
  throw new DiptychError(
    'below_minimum',
    `${report.switchReason}; to make the version active anyway, run: diptych versions rollback --collection ${collection} ${version}`,
    { version },
  );
}
