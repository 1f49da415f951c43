import type { D1Answer, D1Binding, D1Statement } from '../../../src/catalogue/drivers/open-d1.ts';
import { startRuntime } from './start-runtime.ts';

export interface D1Runtime {
  /** @param name - binding of a database that the runtime was started with */
  open(name: string): D1Binding;
  stop(): Promise<void>;
}

/** One request runs a statement or a batch; Miniflare's own proxy needs several for one statement. */
const script = `export default {
  async fetch(request, env) {
    const { database, statements, batch } = await request.json();
    const d1 = env[database];
    const prepared = statements.map(({ sql, parameters }) => d1.prepare(sql).bind(...parameters));
    try {
      const answers = batch ? await d1.batch(prepared) : [await prepared[0].all()];
      return Response.json(answers.map(({ results, meta }) => ({ results, meta })));
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};`;

/**
 * Start the D1 of the local runtime.
 *
 * @param databases - ids of databases, by their bindings
 * @param persistDir - folder that keeps them; default: in memory
 */
export async function startD1Runtime(
  databases: Readonly<Record<string, string>>,
  persistDir?: string,
): Promise<D1Runtime> {
  const runtime = await startRuntime(script, {
    d1Databases: { ...databases },
    d1Persist: persistDir ?? false,
  });
  return {
    open: (name) =>
      openBinding((body) => runtime.dispatchFetch('http://d1', { method: 'POST', body }), name),
    stop: () => runtime.dispose(),
  };
}

interface Prepared extends D1Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

type Ask = (body: string) => Promise<{ readonly ok: boolean; text(): Promise<string> }>;

function openBinding(ask: Ask, database: string): D1Binding {
  const run = async (statements: readonly D1Statement[], batch: boolean): Promise<D1Answer[]> => {
    const answer = await ask(JSON.stringify({ database, statements, batch }));
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return JSON.parse(text) as D1Answer[];
  };
  const prepare = (sql: string, parameters: readonly unknown[] = []): Prepared => {
    const statement: Prepared = {
      sql,
      parameters,
      bind: (...values) => prepare(sql, values),
      all: async () => (await run([statement], false))[0],
    };
    return statement;
  };
  return { prepare: (sql) => prepare(sql), batch: (statements) => run(statements, true) };
}
