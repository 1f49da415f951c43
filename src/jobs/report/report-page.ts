import { html, type Html } from '../../http/html.ts';
import type { CostEstimate } from './cost-estimate.ts';
import { withoutPicture, type JobComparison, type JobReport } from './job-report.ts';
import { metricRows } from './metric-rows.ts';
import { reportStyle } from './report-style.ts';

/** The content security policy of the page, served or saved as a file: it loads and runs nothing. */
export const reportPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Render a report as a page that needs no other files. */
export function reportPage(report: JobReport): string {
  const { collection, job, state } = report;
  const lacking = withoutPicture(report);
  return `${html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${reportPolicy}" />
        <title>${collection}: job ${job}</title>
        ${reportStyle}
      </head>
      <body>
        <header>
          <p>Report of a job</p>
          <h1><bdi>${collection}</bdi>: ${state}</h1>
          ${report.error === null ? null : html`<p class="error">${report.error}</p>`}
          ${lacking === null ? null : html`<p class="error">${lacking}</p>`}
        </header>
        <main>
          ${facts(report)} ${items(report)} ${switchSection(report)} ${timings(report)}
          ${cost(report.cost)}
        </main>
      </body>
    </html> `}`;
}

function facts({ job, model, version, createdAt, endedAt, switched }: JobReport): Html {
  const rows: readonly (readonly [string, string])[] = [
    ['Job', job],
    ['Model', model],
    ['Version', version ?? 'none'],
    ['Active', switched === null ? 'not yet decided' : switched ? 'yes' : 'no'],
    ['From', createdAt],
    ['To', endedAt ?? 'the job is still running'],
  ];
  return html`<dl class="facts">
    ${rows.map(
      ([label, value]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div> `,
    )}
  </dl>`;
}

function items({
  inputs,
  reused,
  encoded,
  skipped,
  failed,
  pending,
  captions,
  ...report
}: JobReport) {
  const byCode = (what: string, counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([code, count]) => [`${what}: ${code}`, number(count)]);
  const rows = [
    ['Inputs', number(inputs)],
    ['Indexed', number(report.indexed)],
    ['of these, had an embedding already', number(reused)],
    ['of these, were encoded', number(encoded)],
    ...byCode('Skipped', skipped),
    ...byCode('Failed', failed),
    ...(pending > 0 ? [['Not indexed', number(pending)]] : []),
    ['Distinct captions that were encoded', number(captions.encoded)],
    ...(captions.failed > 0 ? [['Captions that failed', number(captions.failed)]] : []),
  ];
  return html`<section>
    <h2>Items</h2>
    ${table(['', 'Number'], rows)}
    ${
      report.items.length === 0
        ? null
        : html`<h3>Skipped and failed${report.items.length >= 200 ? ', the first 200' : null}</h3>
            ${table(
              ['Item', 'State', 'Code', 'Reason'],
              report.items.map(({ id, state, code, reason }) => [
                id,
                state,
                code ?? '',
                reason ?? '',
              ]),
              'words',
            )}`
    }
  </section>`;
}

function switchSection({ comparison, switchReason }: JobReport): Html | null {
  if (switchReason === null) return null;
  return html`<section>
    <h2>Before the switch</h2>
    <p>
      ${comparison ? verdict(comparison, switchReason) : `Nothing was compared: ${switchReason}.`}
    </p>
    ${comparison && measured(comparison)}
  </section>`;
}

function verdict({ condition, met }: JobComparison, reason: string): string {
  if (condition === null) return 'There was no condition.';
  return `The condition ${condition} is ${met ? 'met' : 'not met'}: ${reason}.`;
}

function measured(comparison: JobComparison): Html {
  const { versions, models, pairs, captions, images, sets, overlapAt10 } = comparison;
  const rows = metricRows(comparison).map(({ metric, before, after, change }) => [
    metric,
    before.toFixed(4),
    after.toFixed(4),
    `${change < 0 ? '' : '+'}${change.toFixed(4)}`,
  ]);
  const side = (name: 'before' | 'after') =>
    html`<li>${name}: version ${versions[name]} of model ${models[name]}</li> `;
  return html`<ul>
      ${side('before')}${side('after')}
    </ul>
    ${table(['', 'Before', 'After', 'Change'], rows)}
    <p>
      Overlap of the first 10 images:
      ${overlapAt10 === null ? 'not measured' : overlapAt10.toFixed(4)}.
    </p>
    <p class="hint">
      Both versions have ${number(captions)} captions and ${number(images)} images in common.
      ${number(pairs)} of these captions were searched for, each among all of these images, with the
      vectors that each version keeps.
      ${
        sets
          ? html`Only the held-out sets were compared: ${sets.join(', ')}.`
          : 'All sets were compared. The models may have been trained on these items, which makes the figures too good.'
      }
    </p>`;
}

function timings({ timings: { total, ...stages } }: JobReport): Html {
  const rows = [...Object.entries(stages), ['all', total] as const];
  return html`<section>
    <h2>Time</h2>
    ${table(
      ['Stage', 'Seconds'],
      rows.map(([stage, seconds]) => [stage, seconds.toFixed(1)]),
    )}
    <p class="hint">
      The times include waits and pauses. When a queue runs the job, encoding begins while items are
      still being planned.
    </p>
  </section>`;
}

function cost({ lines, embedder, total, monthly, note }: CostEstimate): Html {
  const rows = [
    ...lines.map(({ what, count, dollars }) => [what, number(count), money(dollars)]),
    [
      'hours of embedders',
      embedder.hours.toFixed(3),
      embedder.dollars === null ? 'no price given' : money(embedder.dollars),
    ],
    [embedder.dollars === null ? 'all, without embedders' : 'all', '', money(total)],
    ['storage added, GB', monthly.gigabytes.toFixed(4), `${money(monthly.dollars)} a month`],
  ];
  return html`<section>
    <h2>Cost on Cloudflare, estimated</h2>
    ${table(['', 'Count', 'US dollars'], rows)}
    <p class="hint">${note}</p>
  </section>`;
}

/** @param kind - `words` aligns the columns to the left, for text */
function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  kind: 'numbers' | 'words' = 'numbers',
): Html {
  return html`<div class="table" tabindex="0">
    <table class="${kind}">
      <thead>
        <tr>
          ${head.map((cell) => html`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell) => html`<td><bdi>${cell}</bdi></td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function money(dollars: number): string {
  return dollars.toFixed(dollars < 1 ? 6 : 2);
}
