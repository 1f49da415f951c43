import { meanMetrics, type BenchmarkResult, type Metrics } from './benchmark-result.ts';

/** Print results for people, in percent; languages of a retrieval task a line each, and their mean. */
export function resultTable(results: readonly BenchmarkResult[]): string {
  const [{ model, dataset, task }] = results;
  const heading = `${model} on ${dataset}, `;
  return heading + (task === 'zeroshot_retrieval' ? recallTable(results) : accuracies(results[0]));
}

function accuracies({ n, classes = 0, emptyClasses = 0, metrics }: BenchmarkResult): string {
  const leftOut = emptyClasses === 0 ? '' : ` (${emptyClasses} more have no image: left out)`;
  const lines = Object.entries(metrics).map(
    ([name, value]) => `${`${name} %`.padEnd(24)}${percent(value)}\n`,
  );
  return `${n} images, ${classes} classes${leftOut}\n${lines.join('')}`;
}

function recallTable(results: readonly BenchmarkResult[]): string {
  const names = Object.keys(results[0].metrics);
  const half = names.length / 2;
  const width = 8 * half;
  const row = (language: string, n: string, metrics: Metrics) =>
    line(
      language,
      n,
      names.map((name) => percent(metrics[name])),
    );
  const mean = results.length === 1 ? '' : row('mean', '', meanMetrics(results));
  return (
    'recall %\n' +
    `${' '.repeat(16)}${'text -> image'.padStart(width)}${'image -> text'.padStart(width)}\n` +
    line(
      'language',
      'images',
      names.map((name) => name.slice(name.indexOf('@'))),
    ) +
    results.map(({ language, n, metrics }) => row(language, String(n), metrics)).join('') +
    mean
  );
}

function line(language: string, n: string, cells: readonly string[]): string {
  const padded = cells.map((cell) => cell.padStart(8)).join('');
  return `${language.padEnd(8)}${n.padStart(8)}${padded}\n`;
}

const percent = (value: number): string => (100 * value).toFixed(1).padStart(8);
