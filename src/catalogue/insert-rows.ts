import { sql, type Compilable, type RawBuilder } from 'kysely';
import type { Catalogue } from './catalogue.ts';
import { rowsAtOnce } from './chunks.ts';
import type { DatabaseKind } from './statement-dialect.ts';
import type { Tables } from './schema/tables.ts';

/**
 * What happens when a row with the same key exists: `refuse` fails with a DuplicateKeyError, `keep`
 * leaves the old row as it is, and a list of columns is updated from the new row.
 */
export type OnDuplicate<Row> = 'refuse' | 'keep' | readonly (keyof Row & string)[];

/** Characters of the values in a statement: D1 accepts 2 MB in one, and a character may take 3 bytes. */
const charactersAtOnce = 500_000;

/**
 * Make statements that insert whole rows: one, or more where the rows are too large for one.
 *
 * D1 accepts only 100 parameters, so the rows of a statement are sent to it in one parameter, as JSON.
 */
export function insertRows<Name extends keyof Tables>(
  { kind, db }: Catalogue,
  table: Name,
  rows: readonly Tables[Name][],
  onDuplicate: OnDuplicate<Tables[Name]> = 'refuse',
): Compilable[] {
  const [first] = rows;
  if (!first) return [];
  const columns = Object.keys(first) as (keyof Tables[Name] & string)[];
  const into = sql`insert into ${sql.table(table)} (${sql.join(columns.map((name) => sql.ref(name)))})`;
  const values = rows.map((row) => columns.map((column) => row[column] as Value));
  const source = kind === 'd1' ? fromJson : fromValues;
  const rule = duplicateRule(kind, columns, onDuplicate);
  return bySize(values).map((part) => {
    const statement = sql`${into} ${source(part, columns)} ${rule}`;
    return { compile: () => statement.compile(db) };
  });
}

type Value = string | number | null;

function fromJson(rows: readonly Value[][], columns: readonly string[]): RawBuilder<unknown> {
  const values = columns.map((_, i) => sql`json_extract(value, ${sql.lit(`$[${i}]`)})`);
  // The WHERE is needed: without it, SQLite reads ON CONFLICT as a part of a join.
  return sql`select ${sql.join(values)} from json_each(${JSON.stringify(rows)}) where true`;
}

function fromValues(rows: readonly Value[][]): RawBuilder<unknown> {
  return sql`values ${sql.join(rows.map((row) => sql`(${sql.join(row)})`))}`;
}

function duplicateRule(
  kind: DatabaseKind,
  columns: readonly string[],
  rule: OnDuplicate<Record<string, unknown>>,
): RawBuilder<unknown> {
  if (rule === 'refuse') return sql``;
  if (kind === 'd1') {
    if (rule === 'keep') return sql`on conflict do nothing`;
    const changes = rule.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`);
    return sql`on conflict do update set ${sql.join(changes)}`;
  }
  // To keep a row, one of its columns is set to itself: INSERT IGNORE would also cut off a text that is
  // too long.
  const changes =
    rule === 'keep'
      ? columns.slice(0, 1).map((name) => sql`${sql.ref(name)} = ${sql.ref(name)}`)
      : rule.map((name) => sql`${sql.ref(name)} = values(${sql.ref(name)})`);
  return sql`on duplicate key update ${sql.join(changes)}`;
}

function bySize(rows: readonly Value[][]): Value[][][] {
  const parts: Value[][][] = [];
  let room = 0;
  for (const row of rows) {
    const size = row.reduce<number>((sum, value) => sum + String(value).length + 1, 0);
    const last = parts.at(-1);
    if (!last || size > room || last.length === rowsAtOnce) {
      parts.push([row]);
      room = charactersAtOnce - size;
    } else {
      last.push(row);
      room -= size;
    }
  }
  return parts;
}
