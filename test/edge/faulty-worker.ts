import worker from '../../workers/index.ts';
import type { Env } from '../../workers/env.ts';

export { VectorShard } from '../../workers/index.ts';

/** The worker over a bucket and a database that fail: for jobs and embedders, not for users. */
interface FaultyEnv extends Env {
  /** Shares of calls that fail, from 0 to 1. */
  readonly FAULTS?: { readonly put?: number; readonly statement?: number; readonly twice?: number };
}

type Call = (...asked: never[]) => unknown;

const happens = (share = 0) => Math.random() < share;

function withFaults(env: FaultyEnv): Env {
  const { FAULTS = {}, ARTIFACTS, CATALOGUE } = env;
  const batch = (call: Call) => failing(call, FAULTS.statement, 'D1_ERROR: injected');
  return {
    ...env,
    ARTIFACTS: replaced(ARTIFACTS, {
      put: (call) => failing(call, FAULTS.put, 'put: injected (10001)'),
    }),
    CATALOGUE: CATALOGUE && replaced(CATALOGUE, { batch }),
  };
}

/** A call that sometimes fails before it does its work, or after. */
function failing(call: Call, share: number | undefined, message: string): Call {
  return async (...asked) => {
    const [before, after] = [happens((share ?? 0) / 2), happens((share ?? 0) / 2)];
    if (before) throw new Error(message);
    const answer = await call(...asked);
    if (after) throw new Error(message);
    return answer;
  };
}

/** An object with some of its methods replaced; the others keep their `this`. */
function replaced<T extends object>(
  target: T,
  methods: Readonly<Record<string, (call: Call) => Call>>,
): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as Call;
      return methods[String(name)]?.(call) ?? call;
    },
  });
}

export default {
  fetch: (request: Request, env: FaultyEnv, context: never): unknown => {
    const isOfEmbedder = new URL(request.url).pathname.startsWith('/v1/objects');
    return worker.fetch(request, isOfEmbedder ? withFaults(env) : env, context);
  },
  async queue(batch: Parameters<typeof worker.queue>[0], env: FaultyEnv): Promise<void> {
    await worker.queue(batch, withFaults(env));
    if (happens(env.FAULTS?.twice)) await worker.queue(batch, withFaults(env));
  },
  scheduled: (event: { readonly cron: string }, env: FaultyEnv): Promise<void> =>
    worker.scheduled(event, withFaults(env)),
};
