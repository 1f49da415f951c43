import {
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
} from 'kysely';

export type DatabaseKind = 'd1' | 'planetscale';

/** Run one statement by itself. */
export type Statement = (query: CompiledQuery) => Promise<QueryResult<unknown>>;

/**
 * A Kysely dialect for a database that takes one statement at a time, over HTTP.
 *
 * Such a database cannot keep a transaction open between two statements. Code that needs one passes
 * all its statements to `Catalogue.atomically`.
 */
export function statementDialect(kind: DatabaseKind, execute: Statement): Dialect {
  const connection: DatabaseConnection = {
    executeQuery: <R>(query: CompiledQuery) => execute(query) as Promise<QueryResult<R>>,
    streamQuery: () => refuse('streaming'),
  };
  const sqlite = kind === 'd1';
  return {
    createQueryCompiler: () => (sqlite ? new SqliteQueryCompiler() : new MysqlQueryCompiler()),
    createAdapter: () => (sqlite ? new SqliteAdapter() : new MysqlAdapter()),
    createIntrospector: (db) => (sqlite ? new SqliteIntrospector(db) : new MysqlIntrospector(db)),
    createDriver: () => ({
      init: async () => {},
      acquireConnection: async () => connection,
      beginTransaction: async () => refuse('a transaction'),
      commitTransaction: async () => refuse('a transaction'),
      rollbackTransaction: async () => refuse('a transaction'),
      releaseConnection: async () => {},
      destroy: async () => {},
    }),
  };
}

function refuse(what: string): never {
  throw new Error(`${what}: expected one statement, or several through Catalogue.atomically`);
}
