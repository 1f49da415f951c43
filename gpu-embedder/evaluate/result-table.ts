import { meanMetrics, type BenchmarkResult, type Metrics } from './benchmark-result.ts';

/** Print results for people, in percent; languages of a retrieval task a line each, and their mean. */
export function resultTable(results: readonly BenchmarkResult[]): string {
  const [{ model, dataset, task }] = results;
  const heading = `${model} on ${dataset}, `;
  return heading + (task === 'zeroshot_retrieval' ? recallTable(results) : accuracies(results[0]));
}

function accuracies({ n, classes = 0, emptyClasses = 0, metrics }: BenchmarkResult): string {
  const leftOut = emptyClasses === 0 ? '' : ` (${emptyClasses} more without an image left out)`;
  const lines = Object.entries(metrics).map(
    ([name, value]) => `${`${name} %`.padEnd(24)}${percent(value).padStart(5)}\n`,
  );
  return `${n} images, ${classes} classes${leftOut}\n${lines.join('')}`;
}

function recallTable(results: readonly BenchmarkResult[]): string {
  const names = Object.keys(results[0].metrics);
  const half = names.length / 2;
  // Wide enough for the headings of each half.
  const width = Math.max(8, Math.ceil(16 / half));
  const line = (first: string, n: string, cells: readonly string[]) =>
    `${first.padEnd(8)}${n.padStart(8)}${cells.map((cell) => cell.padStart(width)).join('')}\n`;
  const values = (metrics: Metrics) => names.map((name) => percent(metrics[name]));
  const sides = ['text -> image', 'image -> text'].map((side) => side.padStart(half * width));
  const ks = names.map((name) => name.slice(name.indexOf('@')));
  return [
    'recall %\n',
    line('', '', sides),
    line('language', 'images', ks),
    ...results.map(({ language, n, metrics }) => line(language, String(n), values(metrics))),
    results.length === 1 ? '' : line('mean', '', values(meanMetrics(results))),
  ].join('');
}

const percent = (value: number): string => (Number.isNaN(value) ? '-' : (100 * value).toFixed(1));
