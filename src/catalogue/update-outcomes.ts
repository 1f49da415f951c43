import type { Compilable, RawBuilder, SqlBool } from 'kysely';
import { among } from './among.ts';
import type { Catalogue } from './catalogue.ts';
import { chunks } from './chunks.ts';
import { catalogueLimits } from './limits.ts';

/** The result of an item or a unit, with the reason. */
export type Outcome<State extends string, Key> = Key & {
  readonly state: State;
  readonly code?: string;
  readonly reason?: string;
};

interface Change<State> {
  readonly state: State;
  readonly code: string | null;
  readonly reason: string | null;
}

/**
 * Make statements that write outcomes. Rows that get the same outcome share a statement.
 *
 * @param keyOf - gives the value that names the row of an outcome
 * @param update - makes the statement that changes the rows whose column has one of the keys
 */
export function updateOutcomes<State extends string, Key>(
  catalogue: Catalogue,
  outcomes: readonly Outcome<State, Key>[],
  keyOf: (outcome: Outcome<State, Key>) => string,
  update: (change: Change<State>, condition: (column: string) => RawBuilder<SqlBool>) => Compilable,
): Compilable[] {
  const groups = new Map<string, { change: Change<State>; keys: string[] }>();
  for (const outcome of outcomes) {
    const change = {
      state: outcome.state,
      code: outcome.code?.slice(0, catalogueLimits.code) ?? null,
      reason: outcome.reason?.slice(0, catalogueLimits.reason) ?? null,
    };
    const name = JSON.stringify(change);
    const group = groups.get(name) ?? { change, keys: [] };
    groups.set(name, group);
    group.keys.push(keyOf(outcome));
  }
  return [...groups.values()].flatMap(({ change, keys }) =>
    chunks(keys).map((part) => update(change, (column) => among(catalogue, column, part))),
  );
}
