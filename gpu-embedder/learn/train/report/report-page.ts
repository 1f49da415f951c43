import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { baseStyle } from '../../../../src/http/base-style.ts';
import {
  queryRowsHtml,
  queryRowsStyle,
  type QueryRow,
} from '../../../data/pictures/contact-sheet.ts';
import { bundlePage } from './bundle-page.ts';
import type { Chart } from './chart.ts';
import { chartsOf, stageSpans } from './charts.ts';
import type { Run } from './read-run.ts';
import { summarise, type Summary } from './summary.ts';

interface ReportContent {
  readonly run: Run;
  /** Name of the data set. */
  readonly dataset: string | null;
  readonly worst: readonly QueryRow[];
  readonly best: readonly QueryRow[];
}

/** Write the page of the report. The policy in its head forbids a browser to load anything. */
export async function reportPage({ run, dataset, worst, best }: ReportContent): Promise<string> {
  const { script, style } = await bundlePage();
  const charts = chartsOf(run);
  const data = JSON.stringify({ charts, stages: stageSpans(run) }).replaceAll('<', '\\u003c');
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`;
  const { modelId } = run.config;
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${modelId} · training report</title>
        ${raw(`<style>${baseStyle}${style}${queryRowsStyle}</style>`)}
      </head>
      <body>
        <header>
          <p>Training report</p>
          <h1>${modelId}</h1>
          ${dataset === null ? '' : html`<p>Trained on ${dataset}</p>`}
          ${
            'init' in run.config
              ? html`<p>
                  Started from ${run.config.init.model}; trained: ${run.config.init.train}
                </p>`
              : ''
          }
        </header>
        <main>
          ${warningSection(run.warnings)} ${summarySection(summarise(run))} ${chartSection(charts)}
          ${run.queries.length ? querySection(run.queries, worst, best) : ''}
          <details>
            <summary>Configuration</summary>
            <pre tabindex="0">${JSON.stringify(run.config, null, 2)}</pre>
          </details>
        </main>
        ${raw(`<script type="application/json" id="report-data">${data}</script>`)}
        ${raw(`<script>${script}</script>`)}
      </body>
    </html>`;
  return `${page.toString()}\n`;
}

function warningSection(warnings: readonly string[]) {
  if (!warnings.length) return '';
  return html`<section>
    <h2>Warnings before it began</h2>
    <ul>
      ${warnings.map((warning) => html`<li>${warning}</li>`)}
    </ul>
  </section>`;
}

function summarySection({ facts, stages }: Summary) {
  if (!facts.length) return html`<p>The log has no record yet.</p>`;
  return html`<section>
    <dl class="facts">
      ${facts.map(
        ([label, value]) =>
          html`<div>
            <dt>${label}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    <div class="wide-table" tabindex="0">
      <table>
        <thead>
          <tr>
            ${stages.head.map((cell) => html`<th scope="col">${cell}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${stages.rows.map(
            (row) =>
              html`<tr>
                ${row.map((cell) => html`<td>${cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function chartSection(charts: readonly Chart[]) {
  if (!charts.length) return '';
  return html`<section>
    <h2>Curves</h2>
    <p class="hint">
      Bands are stages. Drag across a chart to look closer at it, double-click to go back.
    </p>
    <noscript><p>Drawing the curves needs JavaScript.</p></noscript>
    <div class="charts">
      ${charts.map(
        ({ title }) =>
          html`<figure>
            <figcaption>${title}</figcaption>
            <div class="plot"></div>
          </figure>`,
      )}
    </div>
  </section>`;
}

function querySection(
  queries: Run['queries'],
  worst: readonly QueryRow[],
  best: readonly QueryRow[],
) {
  const median = queries[queries.length >> 1].rank;
  return html`<section>
    <h2>Queries of the validation sample</h2>
    <p class="hint">
      Median rank of the first right picture: ${median}, of ${queries.length.toLocaleString('en')}
      queries. Each row: the right picture, then what was found, best first.
    </p>
    <details open>
      <summary>Worst</summary>
      ${raw(queryRowsHtml(worst))}
    </details>
    <details ${best.length ? '' : 'hidden'}>
      <summary>Best</summary>
      ${raw(queryRowsHtml(best))}
    </details>
  </section>`;
}
