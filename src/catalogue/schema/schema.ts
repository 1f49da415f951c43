import type { ColumnType, Table } from './table.ts';
import { tables } from './tables.ts';

/** A table in terms that both databases know; the names are those of SQL. */
export interface TableSchema {
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** Column names, with commas between them. */
  readonly primaryKey: string;
  /** By the name of the index: its columns, after `unique ` where the index is unique. */
  readonly indexes: Readonly<Record<string, string>>;
}

export type Schema = Readonly<Record<string, TableSchema>>;

/** The tables that all migrations together make, by name. The database is checked against them. */
export const catalogueSchema: Schema = Object.fromEntries(
  Object.entries(tables)
    .map(([name, table]) => [snakeCase(name), toSchema(table)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

function toSchema({ columns, primaryKey, indexes = {}, unique = {} }: Table): TableSchema {
  const list = (names: readonly string[]) => names.map(snakeCase).join(', ');
  const described = (of: Readonly<Record<string, readonly string[]>>, start = '') =>
    Object.entries(of).map(([name, names]) => [name, start + list(names)] as const);
  return {
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, column]) => [
        snakeCase(name),
        typeof column === 'string' ? column : 'text',
      ]),
    ),
    primaryKey: list(primaryKey),
    indexes: Object.fromEntries([...described(indexes), ...described(unique, 'unique ')]),
  };
}

/** Write `itemId` as `item_id`, in the same way as Kysely's CamelCasePlugin. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
