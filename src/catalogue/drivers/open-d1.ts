import type { CompiledQuery } from 'kysely';
import { afterOwnFault } from '../../own-fault.ts';
import { retry } from '../../retry.ts';
import { createCatalogue, type Catalogue, type CatalogueOptions } from '../catalogue.ts';
import { asCatalogueFailure } from '../failures.ts';

/** The part of a D1 binding that the catalogue uses. */
export interface D1Binding {
  prepare(sql: string): D1Statement;
  batch(statements: D1Statement[]): Promise<D1Answer[]>;
}

export interface D1Statement {
  bind(...values: unknown[]): D1Statement;
  all(): Promise<D1Answer>;
}

export interface D1Answer {
  readonly results?: readonly unknown[];
  readonly meta: { readonly changes?: number };
}

/** Cloudflare allows this many bound parameters in a statement. */
const maxParameters = 100;

/** Open the catalogue in Cloudflare's D1: the binding of a worker, or of the local runtime. */
export function openD1(binding: D1Binding, options: CatalogueOptions = {}): Catalogue {
  const prepare = ({ sql, parameters }: CompiledQuery) => binding.prepare(sql).bind(...parameters);
  return createCatalogue(
    {
      kind: 'd1',
      maxParameters,
      execute: async (query) => {
        const { results = [], meta } = await answered(() => prepare(query).all());
        return { rows: [...results], numAffectedRows: BigInt(meta.changes ?? 0) };
      },
      batch: async (queries) => {
        const answers = await answered(() => binding.batch(queries.map(prepare)));
        return answers.map(({ meta }) => meta.changes ?? 0);
      },
    },
    options,
  );
}

async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await retry(ask, afterOwnFault);
  } catch (cause) {
    throw asCatalogueFailure('d1', cause);
  }
}
