import { readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import type { Bench } from './bench.ts';

/** `npm run bench -- NAME [--json]`: run one benchmark and print its rows. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' } },
  });
  const names = readdirSync(new URL('.', import.meta.url))
    .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && file !== 'bench.ts')
    .map((file) => file.slice(0, -'.ts'.length));
  const [name] = positionals;
  if (positionals.length !== 1 || !names.includes(name)) {
    const got = positionals.join(' ') || 'nothing';
    process.stderr.write(`bench: expected one of ${names.join(', ')}, got ${got}\n`);
    process.exitCode = 2;
    return;
  }
  const bench = (await import(`./${name}.ts`)) as Bench;
  const rows = await bench.run();
  const hardware = `${availableParallelism()} x ${cpus()[0].model}, Node ${process.versions.node}`;
  if (values.json) console.log(JSON.stringify({ bench: name, hardware, rows }));
  else console.log([bench.question ?? name, hardware, toTable(rows)].join('\n'));
}

function toTable(rows: readonly object[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const table = new Table({ head: columns, style: { head: [], border: [] } });
  for (const row of rows) {
    const values = new Map<string, unknown>(Object.entries(row));
    table.push(columns.map((column) => format(values.get(column))));
  }
  return table.toString();
}

function format(value: unknown): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value ?? '');
  return value.toPrecision(4);
}

await main();
