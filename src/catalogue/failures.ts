import { DiptychError } from '../errors.ts';
import type { DatabaseKind } from './statement-dialect.ts';

/** A row with this key exists already. Functions that expect this turn it into one of their results. */
export class DuplicateKeyError extends Error {
  constructor(cause: unknown) {
    super('duplicate key', { cause });
    this.name = 'DuplicateKeyError';
  }
}

/** Turn a failure of the database into the error that callers see. */
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

/** How SQLite and MySQL report a duplicate key. */
const duplicateKey = /UNIQUE constraint failed|errno 1062\b/;
