import { CamelCasePlugin, Kysely, type Compilable, type CompiledQuery } from 'kysely';
import { statementDialect, type DatabaseKind, type Statement } from './statement-dialect.ts';
import type { Tables } from './schema/tables.ts';

/** An open database with the tables of migrations/. It reports every failure as a DiptychError. */
export interface Catalogue {
  readonly kind: DatabaseKind;
  readonly db: Kysely<Tables>;
  /** How many bound parameters one statement may have. */
  readonly maxParameters: number;
  /** Milliseconds since 1970, for the times of rows. */
  readonly now: () => number;
  /**
   * Run statements in this order, all or none.
   *
   * @returns how many rows each statement affected
   * @throws DuplicateKeyError - no statement took effect
   * @throws DiptychError catalogue_unavailable - no statement took effect, except where the connection
   *   broke during the commit: then nobody knows
   */
  atomically(queries: readonly Compilable[]): Promise<number[]>;
}

/** What differs between the two databases. */
export interface Database {
  readonly kind: DatabaseKind;
  readonly maxParameters: number;
  readonly execute: Statement;
  readonly batch: (queries: readonly CompiledQuery[]) => Promise<number[]>;
}

export interface CatalogueOptions {
  readonly now?: () => number;
}

/** Create the catalogue that queries use, on top of a database. */
export function createCatalogue(
  database: Database,
  { now = Date.now }: CatalogueOptions,
): Catalogue {
  const { kind, maxParameters, execute, batch } = database;
  return {
    kind,
    db: new Kysely<Tables>({
      dialect: statementDialect(kind, execute),
      plugins: [new CamelCasePlugin()],
    }),
    maxParameters,
    now,
    atomically: async (queries) =>
      queries.length === 0 ? [] : batch(queries.map((query) => query.compile())),
  };
}
