import { html } from '../../http/html.ts';

/** Colours as those of the training report. */
export const reportStyle = html`<style>
  :root {
    color-scheme: light dark;
    --paper: #faf9f7;
    --ink: #1d1c1a;
    --muted: #66625b;
    --line: #dedad2;
    --bad: #a1260d;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --paper: #141518;
      --ink: #ecebe8;
      --muted: #a3a19b;
      --line: #303338;
      --bad: #ff9c85;
    }
  }
  * {
    box-sizing: border-box;
  }
  body {
    max-width: 60rem;
    margin: 0 auto;
    padding: clamp(1rem, 4vw, 2.5rem);
    background: var(--paper);
    color: var(--ink);
    font:
      1rem/1.45 system-ui,
      sans-serif;
  }
  header p,
  .hint,
  dt {
    margin: 0;
    color: var(--muted);
    font-size: 0.875rem;
  }
  header .error {
    color: var(--bad);
    font-size: 1rem;
    overflow-wrap: anywhere;
  }
  h1 {
    margin: 0.1rem 0;
    font-size: clamp(1.5rem, 5vw, 2.1rem);
    letter-spacing: -0.02em;
    overflow-wrap: anywhere;
  }
  h2 {
    margin: 2.5rem 0 0.5rem;
    font-size: 1.25rem;
  }
  h3 {
    margin: 1.5rem 0 0.3rem;
    font-size: 1rem;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 1rem 2.5rem;
    margin: 1.5rem 0;
  }
  .facts dd {
    margin: 0;
    overflow-wrap: anywhere;
    font-variant-numeric: tabular-nums;
  }
  .table {
    margin-bottom: 0.5rem;
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
    min-width: 50%;
    font-variant-numeric: tabular-nums;
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
