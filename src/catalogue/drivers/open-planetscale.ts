import { connect, type Config, type Connection, type Field } from '@planetscale/database';
import type { CompiledQuery } from 'kysely';
import { DiptychError } from '../../errors.ts';
import { retry } from '../../retry.ts';
import { createCatalogue, type Catalogue, type CatalogueOptions } from '../catalogue.ts';
import { asCatalogueFailure } from '../failures.ts';

export interface PlanetScaleOptions extends CatalogueOptions {
  /** `mysql://user:password@host/database`, as PlanetScale gives it, or `http://…` of a gateway. */
  readonly url: string;
  readonly fetch?: typeof fetch;
  /** How long an answer may take; PlanetScale ends a statement after 20 s itself. */
  readonly timeoutMs?: number;
}

/** The driver writes values into the statement, so this bounds its length alone. */
const maxParameters = 10_000;

/** How often statements are run that lost a deadlock, which MySQL resolves by undoing one side. */
const attempts = 5;

/**
 * The catalogue in PlanetScale.
 *
 * @throws DiptychError invalid_option where the URL is none
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
    // Not repeated here: it holds a password.
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
    // Where this fails, too, the transaction ends with its session.
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

/** Numbers as numbers (the driver leaves INT64 and the DECIMAL of a SUM as text), all else as text. */
function cast(field: Field, value: string | null): number | string | null {
  if (value === null) return null;
  if (/INT|FLOAT|DECIMAL|YEAR/.test(field.type)) return Number(value);
  // The driver hands bytes over as characters up to U+00FF.
  return decoder.decode(Uint8Array.from(value, (character) => character.charCodeAt(0)));
}
