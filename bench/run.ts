import { readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { DiptychError } from '../src/errors.ts';
import type { Bench, BenchOptions } from './bench.ts';

/** `npm run bench -- NAME [--json] [--FLAG VALUE]`: run one benchmark and print its rows. */
async function main(): Promise<void> {
  const [name, ...args] = process.argv.slice(2);
  const names = readdirSync(new URL('.', import.meta.url))
    .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && file !== 'bench.ts')
    .map((file) => file.slice(0, -'.ts'.length));
  if (!names.includes(name)) {
    return refuse(`expected one of ${names.join(', ')}, got ${name ?? 'nothing'}`);
  }
  const bench = (await import(`./${name}.ts`)) as Bench;
  const options = readOptions(args, bench.flags ?? []);
  if (!options) return;
  const { json, ...given } = options;
  const rows = await bench.run(given as BenchOptions);
  const hardware = `${availableParallelism()} x ${cpus()[0].model}, Node ${process.versions.node}`;
  if (json) console.log(JSON.stringify({ bench: name, hardware, rows }));
  else console.log([bench.question ?? name, hardware, toTable(rows)].join('\n'));
}

function readOptions(args: string[], flags: readonly string[]) {
  try {
    const taken = flags.map((flag) => [flag, { type: 'string' }] as const);
    const options = { json: { type: 'boolean' }, ...Object.fromEntries(taken) } as const;
    return parseArgs({ args, options }).values;
  } catch (error) {
    refuse((error as Error).message);
    return null;
  }
}

function refuse(problem: string): void {
  process.stderr.write(`bench: ${problem}\n`);
  process.exitCode = 2;
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

try {
  await main();
} catch (error) {
  if (!(error instanceof DiptychError)) throw error;
  process.stderr.write(`error[${error.code}]: ${error.message}\n`);
  process.exitCode = 1;
}
