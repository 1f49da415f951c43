import { DiptychError } from '../errors.ts';
import type { DatabaseKind } from './statement-dialect.ts';

/** A row with this key is there already; the functions that can meet it make an outcome of it. */
export class DuplicateKeyError extends Error {
  constructor(cause: unknown) {
    super('duplicate key', { cause });
    this.name = 'DuplicateKeyError';
  }
}

/** What a failure of the database is to those who asked. */
export function asCatalogueFailure(
  kind: DatabaseKind,
  cause: unknown,
): DuplicateKeyError | DiptychError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (duplicateKey.test(message)) return new DuplicateKeyError(cause);
  // Vitess repeats the statement with its values after the reason: they stay in the cause alone.
  const reason = message.replace(/(?: during query: |, Sql: | BindVars: ).*/s, '').slice(0, 200);
  return new DiptychError(
    'catalogue_unavailable',
    `catalogue (${kind}): expected an answer, got "${reason}"`,
    { kind },
    { cause },
  );
}

/** As SQLite and MySQL say it. */
const duplicateKey = /UNIQUE constraint failed|errno 1062\b/;
