import { sql } from 'kysely';
import { among } from '../among.ts';
import type { Catalogue } from '../catalogue.ts';
import { catalogueSchema, type Schema, type TableSchema } from './schema.ts';
import type { ColumnType } from './table.ts';

interface ColumnRow {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: number;
}

/** A column of an index; the columns of one index stand together, in their order. */
interface IndexColumnRow {
  readonly table: string;
  /** `PRIMARY` for the primary key. */
  readonly index: string;
  readonly isUnique: number;
  readonly column: string;
}

/** Describe the tables of the catalogue as the database has them, without those that are missing. */
export async function describeSchema(catalogue: Catalogue): Promise<Schema> {
  const read = catalogue.kind === 'd1' ? readSqlite : readMysql;
  const { columns, indexes } = await read(catalogue, Object.keys(catalogueSchema));
  const tables = [...new Set(columns.map(({ table }) => table))].sort();
  return Object.fromEntries(
    tables.map((name) => {
      const own = <Row extends { table: string }>(rows: readonly Row[]) =>
        rows.filter(({ table }) => table === name);
      return [name, toTable(own(columns), own(indexes))];
    }),
  );
}

function toTable(
  columns: readonly ColumnRow[],
  indexColumns: readonly IndexColumnRow[],
): TableSchema {
  const indexes: Record<string, string> = {};
  for (const { index, isUnique, column } of indexColumns) {
    const before = indexes[index];
    const start = isUnique && index !== 'PRIMARY' ? 'unique ' : '';
    indexes[index] = before ? `${before}, ${column}` : start + column;
  }
  const { PRIMARY: primaryKey = '', ...rest } = indexes;
  return {
    columns: Object.fromEntries(columns.map((row) => [row.column, columnType(row)])),
    primaryKey,
    indexes: rest,
  };
}

function columnType({ type, nullable }: ColumnRow): ColumnType {
  const kind = /int/i.test(type) ? 'integer' : /text|char/i.test(type) ? 'text' : type;
  return `${kind as 'text' | 'integer'}${nullable ? '?' : ''}`;
}

type Description = { readonly columns: ColumnRow[]; readonly indexes: IndexColumnRow[] };

async function readMysql(catalogue: Catalogue, tables: readonly string[]): Promise<Description> {
  const { db } = catalogue;
  const ours = sql`table_schema = database() and ${among(catalogue, 'table_name', tables)}`;
  const columns = await sql<ColumnRow>`
    select table_name as ${sql.ref('table')}, column_name as ${sql.ref('column')},
      data_type as ${sql.ref('type')}, is_nullable = 'YES' as ${sql.ref('nullable')}
    from information_schema.columns where ${ours} order by table_name, ordinal_position`.execute(
    db,
  );
  const indexes = await sql<IndexColumnRow>`
    select table_name as ${sql.ref('table')}, index_name as ${sql.ref('index')},
      non_unique = 0 as ${sql.ref('isUnique')}, column_name as ${sql.ref('column')}
    from information_schema.statistics where ${ours}
    order by table_name, index_name, seq_in_index`.execute(db);
  return { columns: columns.rows, indexes: indexes.rows };
}

async function readSqlite(catalogue: Catalogue, tables: readonly string[]): Promise<Description> {
  const { db } = catalogue;
  const ours = sql`m.type = 'table' and ${among(catalogue, 'm.name', tables)}`;
  const columns = await sql<ColumnRow & { readonly primaryKey: number }>`
    select m.name as "table", c.name as "column", c.type, 1 - c."notnull" as nullable,
      c.pk as primary_key
    from sqlite_master m join pragma_table_info(m.name) c
    where ${ours} order by m.name, c.cid`.execute(db);
  const indexes = await sql<IndexColumnRow>`
    select m.name as "table", i.name as "index", i."unique" as is_unique, c.name as "column"
    from sqlite_master m join pragma_index_list(m.name) i join pragma_index_info(i.name) c
    where ${ours} and i.origin <> 'pk' order by m.name, i.name, c.seqno`.execute(db);
  const keys = columns.rows
    .filter(({ primaryKey }) => primaryKey > 0)
    .sort((a, b) => a.primaryKey - b.primaryKey)
    .map(({ table, column }) => ({ table, index: 'PRIMARY', isUnique: 1, column }));
  return { columns: columns.rows, indexes: [...keys, ...indexes.rows] };
}
