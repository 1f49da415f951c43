import { connect, type Config, type Connection, type Field } from '@planetscale/database';
import type { CompiledQuery } from 'kysely';
import { DiptychError } from '../../errors.ts';
import { retry } from '../../retry.ts';
import { createCatalogue, type Catalogue, type CatalogueOptions } from '../catalogue.ts';
import { asCatalogueFailure } from '../failures.ts';

export interface PlanetScaleOptions extends CatalogueOptions {
  /** `mysql://user:password@host/database` as PlanetScale shows it, or the `http://…` of a gateway. */
  readonly url: string;
  readonly fetch?: typeof fetch;
  /** How long an answer may take; PlanetScale itself ends a statement after 20 s. */
  readonly timeoutMs?: number;
}

/** The driver writes the values into the text of the statement, so this only limits its length. */
const maxParameters = 10_000;

/** How often statements are run. MySQL resolves a deadlock by undoing one side, which tries again. */
const attempts = 5;

/**
 * Open the catalogue in PlanetScale.
 *
 * @throws DiptychError invalid_option if the URL cannot be read
 */
export function openPlanetScale({ url, ...options }: PlanetScaleOptions): Catalogue {
  const config = readConfig(url, options);
  return createCatalogue(
    {
      kind: 'planetscale',
      maxParameters,
      execute: (query) => answered(() => execute(connect({ ...config }), query)),
      batch: (queries) => answered(() => inTransaction(connect({ ...config }), queries)),
    },
    options,
  );
}

function readConfig(url: string, options: Omit<PlanetScaleOptions, 'url'>): Config {
  const { fetch: ask = fetch, timeoutMs = 25_000 } = options;
  if (!URL.canParse(url) || !/^(mysql|https?):$/.test(new URL(url).protocol)) {
    // The message must not repeat the URL, which holds a password.
    throw new DiptychError(
      'invalid_option',
      'DATABASE_URL: expected mysql://user:password@host/database, got something else',
    );
  }
  return {
    url,
    cast,
    fetch: (input, init) => ask(input, { ...init, signal: AbortSignal.timeout(timeoutMs) }),
  };
}

async function execute(connection: Connection, { sql, parameters }: CompiledQuery) {
  const { rows, rowsAffected } = await connection.execute(sql, [...parameters]);
  return { rows, numAffectedRows: BigInt(rowsAffected) };
}

async function inTransaction(connection: Connection, queries: readonly CompiledQuery[]) {
  await connection.execute('BEGIN');
  try {
    const affected: number[] = [];
    for (const query of queries) {
      affected.push(Number((await execute(connection, query)).numAffectedRows));
    }
    await connection.execute('COMMIT');
    return affected;
  } catch (error) {
    // If the rollback fails as well, the transaction ends together with its session.
    await connection.execute('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await retry(work, {
      delayMs: (error, attempt) => (isDeadlock(error) && attempt < attempts ? 0 : null),
    });
  } catch (cause) {
    throw asCatalogueFailure('planetscale', cause);
  }
}

const isDeadlock = (error: unknown): boolean =>
  error instanceof Error && /errno 1213\b/.test(error.message);

const decoder = new TextDecoder();

/**
 * Read numbers as numbers and everything else as text. By itself the driver leaves an INT64, and the
 * DECIMAL of a SUM, as text.
 */
function cast(field: Field, value: string | null): number | string | null {
  if (value === null) return null;
  if (/INT|FLOAT|DECIMAL|YEAR/.test(field.type)) return Number(value);
  // The driver hands bytes over as characters up to U+00FF.
  return decoder.decode(Uint8Array.from(value, (character) => character.charCodeAt(0)));
}
