import { meanMetrics, type BenchmarkResult, type Metrics } from './benchmark-result.ts';

/** Table headings by the name of the recalls. */
const sides: Readonly<Record<string, string>> = {
  image_retrieval_recall: 'text -> image',
  text_retrieval_recall: 'image -> text',
  misspelt_image_retrieval_recall: 'misspelt',
  image_to_image_recall: 'image -> image',
};

/** Format results for people, in percent; retrieval has a line for each language and a mean. */
export function resultTable(results: readonly BenchmarkResult[]): string {
  const [{ model, dataset, task }] = results;
  const table = task === 'zeroshot_classification' ? accuracies(results[0]) : recallTable(results);
  const by = task === 'zeroshot_keyword_retrieval' ? 'keywords, ' : '';
  return `${model} on ${dataset}, ${by}${table}`;
}

function accuracies({ n, level, classes = 0, emptyClasses = 0, metrics }: BenchmarkResult): string {
  const leftOut = emptyClasses === 0 ? '' : ` (${emptyClasses} left out: no image)`;
  const lines = Object.entries(metrics).map(
    ([name, value]) => `${`${name} %`.padEnd(24)}${percent(value).padStart(5)}\n`,
  );
  const what = level === undefined ? 'classes' : `${level}s`;
  return `${n} images, ${classes} ${what}${leftOut}\n${lines.join('')}`;
}

function recallTable(results: readonly BenchmarkResult[]): string {
  const names = Object.keys(results[0].metrics);
  const kinds = [...new Set(names.map((name) => name.slice(0, name.indexOf('@'))))];
  const each = names.length / kinds.length;
  // The columns must be wide enough for the headings.
  const width = Math.max(8, Math.ceil(16 / each));
  const counted = results[0].queries !== undefined;
  const line = (first: string, counts: readonly string[], cells: readonly string[]) =>
    `${first.padEnd(8)}${counts.map((cell) => cell.padStart(8)).join('')}` +
    `${cells.map((cell) => cell.padStart(width)).join('')}\n`;
  const counts = ['images', ...(counted ? ['queries'] : [])];
  const none = counts.map(() => '');
  const values = (metrics: Metrics) => names.map((name) => percent(metrics[name]));
  const above = kinds.map((kind) => sides[kind].padStart(each * width));
  const ks = names.map((name) => name.slice(name.indexOf('@')));
  return [
    'recall %\n',
    line('', none, above),
    line('language', counts, ks),
    ...results.map(({ language, n, queries = '', metrics }) =>
      line(language, [n, queries].slice(0, counts.length).map(String), values(metrics)),
    ),
    results.length === 1 ? '' : line('mean', none, values(meanMetrics(results))),
  ].join('');
}

const percent = (value: number): string => (Number.isNaN(value) ? '-' : (100 * value).toFixed(1));
