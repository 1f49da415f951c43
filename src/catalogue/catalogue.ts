import { CamelCasePlugin, Kysely, type Compilable, type CompiledQuery } from 'kysely';
import { statementDialect, type DatabaseKind, type Statement } from './statement-dialect.ts';
import type { Tables } from './schema/tables.ts';

/** An open database with the tables of migrations/. Every failure of it is a DiptychError. */
export interface Catalogue {
  readonly kind: DatabaseKind;
  readonly db: Kysely<Tables>;
  /** Bound parameters that one statement may have. */
  readonly maxParameters: number;
  /** Milliseconds since 1970, for the times of rows. */
  readonly now: () => number;
  /**
   * Run statements in this order, all or none.
   *
   * @returns rows that each of them affected
   * @throws DiptychError catalogue_unavailable: none took effect, unless the connection broke while
   *   they were being committed, when nobody knows; DuplicateKeyError: none took effect
   */
  atomically(queries: readonly Compilable[]): Promise<number[]>;
}

/** What tells the two databases apart. */
export interface Database {
  readonly kind: DatabaseKind;
  readonly maxParameters: number;
  readonly execute: Statement;
  readonly batch: (queries: readonly CompiledQuery[]) => Promise<number[]>;
}

export interface CatalogueOptions {
  readonly now?: () => number;
}

/** The queries' view of a database. */
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
