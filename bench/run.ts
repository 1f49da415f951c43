import { readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import type { Bench, BenchRow } from './bench.ts';

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
  const { bench } = (await import(`./${name}.ts`)) as { readonly bench: Bench };
  const rows = await bench.run();
  const hardware = `${availableParallelism()} x ${cpus()[0].model}, Node ${process.versions.node}`;
  if (values.json) console.log(JSON.stringify({ bench: name, hardware, rows }));
  else console.log(`${name}: ${bench.question}\n${hardware}\n${toTable(rows)}`);
}

function toTable(rows: readonly BenchRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const table = new Table({ head: columns, style: { head: [], border: [] } });
  for (const row of rows) table.push(columns.map((column) => format(row[column] ?? '')));
  return table.toString();
}

function format(value: string | number): string {
  if (typeof value === 'string' || Number.isInteger(value)) return String(value);
  return value.toPrecision(4);
}

await main();
