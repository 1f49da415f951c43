/**
 * The CSS that the reports of a training run and of a job share: colours for light and dark
 * screens, the page, its headings and the facts at the top. A page may set `--page-width`.
 */
export const baseStyle = `
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
    max-width: var(--page-width, 60rem);
    margin: 0 auto;
    padding: clamp(1rem, 4vw, 2.5rem);
    background: var(--paper);
    color: var(--ink);
    font:
      1rem/1.45 system-ui,
      -apple-system,
      'Segoe UI',
      'Noto Sans',
      sans-serif;
  }
  header p,
  .hint,
  dt {
    margin: 0;
    color: var(--muted);
    font-size: 0.875rem;
  }
  h1 {
    margin: 0.1rem 0;
    font-size: clamp(1.6rem, 5vw, 2.25rem);
    font-weight: 650;
    letter-spacing: -0.02em;
    overflow-wrap: anywhere;
  }
  h2 {
    margin: 2.75rem 0 0.5rem;
    font-size: 1.25rem;
    font-weight: 650;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 1rem 2.75rem;
    margin: 1.75rem 0;
  }
  .facts dd {
    margin: 0;
    overflow-wrap: anywhere;
    font-variant-numeric: tabular-nums;
  }
  table {
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
`;
