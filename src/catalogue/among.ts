import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Catalogue } from './catalogue.ts';

/**
 * The condition that a column has one of these values.
 *
 * D1 accepts only 100 parameters, so all values are sent to it in one parameter, as JSON.
 */
export function among(
  { kind }: Catalogue,
  column: string,
  values: readonly (string | number)[],
): RawBuilder<SqlBool> {
  if (values.length === 0) return sql<SqlBool>`1 = 0`;
  return kind === 'd1'
    ? sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`
    : sql<SqlBool>`${sql.ref(column)} in (${sql.join(values)})`;
}
