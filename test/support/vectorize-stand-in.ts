import { vectorizeLimits as limits } from '../../src/vectorize/limits.ts';

export interface StandInVector {
  readonly id: string;
  readonly values: readonly number[];
  readonly namespace?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface StandInQuery {
  readonly topK?: number;
  readonly namespace?: string;
  readonly returnValues?: boolean;
  readonly returnMetadata?: 'none' | 'indexed' | 'all';
  readonly filter?: object;
}

export interface StandInOptions {
  readonly dimensions: number;
  /** Most vectors of an upsert: 1,000 from a worker, 5,000 over HTTP. */
  readonly upsertBatch?: number;
  readonly capacity?: number;
  /** Pending mutations take effect on every `lag`-th call of `describe`; default 1. */
  readonly lag?: number;
}

/**
 * A Vectorize index in memory: exact search with the limits and error messages of the service. As in
 * the service, mutations are asynchronous, and scores of a query without values are approximations.
 */
export function createVectorizeStandIn(options: StandInOptions) {
  const {
    dimensions,
    upsertBatch = limits.upsertBatch,
    capacity = limits.vectorsPerIndex,
  } = options;
  const stored = new Map<string, StandInVector>();
  const pending: { readonly mutationId: string; readonly apply: () => void }[] = [];
  const calls: { readonly method: string; readonly size: number }[] = [];
  const failures: Error[] = [];
  let mutations = 0;
  let processed: string | null = null;
  let polls = 0;

  function begin(method: string, size: number): void {
    calls.push({ method, size });
    const failure = failures.shift();
    if (failure) throw failure;
  }

  function mutate(apply: () => void): { mutationId: string } {
    const mutationId = `mutation-${++mutations}`;
    pending.push({ mutationId, apply });
    if (!options.lag) processAll();
    return { mutationId };
  }

  function processAll(): void {
    for (const { mutationId, apply } of pending.splice(0)) {
      apply();
      processed = mutationId;
    }
  }

  return {
    /** Calls in order, each with the number of vectors or ids, or with topK. */
    calls,
    stored,
    /** Let the next calls fail. */
    fail: (...errors: Error[]) => void failures.push(...errors),

    async describe() {
      begin('describe', 0);
      if (pending.length > 0 && ++polls % (options.lag ?? 1) === 0) processAll();
      return { dimensions, vectorCount: stored.size, processedUpToMutation: processed };
    },

    async query(vector: readonly number[], query: StandInQuery = {}) {
      const { topK = 5, namespace, returnValues = false, returnMetadata = 'none' } = query;
      begin('query', topK);
      const rich = returnValues || returnMetadata === 'all';
      const most = rich ? limits.topKWithValues : limits.topK;
      if (topK < 1 || topK > most) {
        refuse('QUERY', 40025, `max top K is ${most}, but got ${topK}`);
      }
      checkDimensions('QUERY', vector, dimensions);
      if (query.filter && JSON.stringify(query.filter).length >= limits.filterBytes) {
        refuse('QUERY', 40026, `filter must be below ${limits.filterBytes} bytes`);
      }
      if (query.filter) throw new Error('the stand-in has no metadata to filter by');
      const matches = [...stored.values()]
        .filter((one) => namespace === undefined || one.namespace === namespace)
        .map((one) => {
          const exact = cosine(vector, one.values);
          const score = returnValues ? exact : Math.round(exact * 2048) / 2048;
          return { id: one.id, score, ...(returnValues && { values: [...one.values] }) };
        })
        .sort((a, b) => b.score - a.score)
        .slice(0, topK);
      return { count: matches.length, matches };
    },

    async getByIds(ids: readonly string[]) {
      begin('getByIds', ids.length);
      checkIds('GET', ids, limits.getBatch);
      // The service promises no order, so this returns another order than the requested one.
      return [...new Set(ids)].reverse().flatMap((id) => {
        const found = stored.get(id);
        return found ? [{ ...found, values: [...found.values] }] : [];
      });
    },

    async upsert(vectors: readonly StandInVector[]) {
      begin('upsert', vectors.length);
      if (vectors.length > upsertBatch) {
        const got = vectors.length;
        refuse('UPSERT', 40006, `too many vectors in payload; max is ${upsertBatch}, got ${got}`);
      }
      for (const vector of vectors) checkVector(vector, dimensions);
      const fresh = vectors.filter(({ id }) => !stored.has(id)).length;
      if (stored.size + fresh > capacity)
        refuse('UPSERT', 40030, `index holds ${capacity} vectors`);
      const kept = vectors.map((one) => ({ ...one, values: one.values.map(Math.fround) }));
      return mutate(() => kept.forEach((one) => stored.set(one.id, one)));
    },

    async deleteByIds(ids: readonly string[]) {
      begin('deleteByIds', ids.length);
      checkIds('DELETE', ids, limits.deleteBatch);
      return mutate(() => ids.forEach((id) => stored.delete(id)));
    },
  };
}

export type VectorizeStandIn = ReturnType<typeof createVectorizeStandIn>;

function refuse(operation: string, code: number, message: string): never {
  throw new Error(`VECTOR_${operation}_ERROR (code = ${code}): ${message}`);
}

function checkIds(operation: string, ids: readonly string[], most: number): void {
  if (ids.length <= most) return;
  const message = `too many ids in payload; max id count is ${most}, got ${ids.length}`;
  refuse(operation, 40007, message);
}

function checkDimensions(operation: string, values: readonly number[], expected: number): void {
  if (values.length === expected && values.every(Number.isFinite)) return;
  refuse(operation, 40012, `expected ${expected} finite dimensions, got ${values.length}`);
}

function checkVector({ id, namespace = '', values, metadata }: StandInVector, dim: number): void {
  checkDimensions('UPSERT', values, dim);
  const sizes = [
    [40008, 'id', bytesOf(id), limits.idBytes],
    [40009, 'namespace', bytesOf(namespace), limits.namespaceBytes],
    [40010, 'metadata', bytesOf(JSON.stringify(metadata ?? {})), limits.metadataBytes],
  ] as const;
  for (const [code, what, got, most] of sizes) {
    if (got > most) refuse('UPSERT', code, `${what} too long; max is ${most} bytes, got ${got}`);
  }
}

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

function cosine(a: readonly number[], b: readonly number[]): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [j, x] of a.entries()) {
    const y = b[j] ?? NaN;
    dot += x * y;
    aa += x ** 2;
    bb += y ** 2;
  }
  return dot / Math.sqrt(aa * bb || 1);
}
