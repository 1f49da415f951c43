import type { Schema, TableSchema } from './schema.ts';

/** List the differences between the expected tables and the actual ones, one line for each. */
export function compareSchema(expected: Schema, actual: Schema): string[] {
  return Object.entries(expected).flatMap(([name, table]) => {
    const found = actual[name];
    return found ? compareTable(name, table, found) : [`table ${name} is missing`];
  });
}

function compareTable(table: string, expected: TableSchema, actual: TableSchema): string[] {
  const compare = (what: string, a: string | undefined, b: string | undefined) =>
    a === b ? [] : [`${table}: ${what}: expected ${a ?? 'none'}, got ${b ?? 'none'}`];
  const both = (
    what: string,
    a: Readonly<Record<string, string>>,
    b: Readonly<Record<string, string>>,
  ) =>
    [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) =>
      compare(`${what} ${name}`, a[name], b[name]),
    );
  return [
    ...both('column', expected.columns, actual.columns),
    ...compare('primary key', expected.primaryKey, actual.primaryKey),
    ...both('index', expected.indexes, actual.indexes),
  ];
}
