import { html } from '../../http/html.ts';
import { baseStyle } from '../../http/base-style.ts';
import { Html } from '../../http/html.ts';

/** The style of a job's report. No script draws on that page, so its tables hold all figures. */
export const reportStyle = html`<style>
  ${new Html(baseStyle)} header .error {
    color: var(--bad);
    font-size: 1rem;
    overflow-wrap: anywhere;
  }
  h3 {
    margin: 1.5rem 0 0.3rem;
    font-size: 1rem;
  }
  .table {
    margin-bottom: 0.5rem;
    overflow-x: auto;
  }
  table {
    min-width: 50%;
  }
  th,
  td {
    padding: 0.3rem clamp(0.5rem, 3vw, 1.5rem) 0.3rem 0;
    border-bottom: 1px solid var(--line);
    text-align: right;
    vertical-align: top;
  }
  th:first-child,
  td:first-child,
  .words th,
  .words td {
    text-align: left;
  }
  .words td:first-child,
  .words td:last-child {
    min-width: 10rem;
    overflow-wrap: anywhere;
  }
  th {
    color: var(--muted);
    font-size: 0.875rem;
    font-weight: 500;
  }
</style>`;
