import type { PartialAnswer } from '../../src/http/api.ts';
import type { VectorKind } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/version/manifest.ts';
import { idsWithin, rangeOf } from '../../src/version/ranges.ts';
import { defaults } from '../../src/config.ts';
import { DiptychError } from '../../src/errors.ts';
import { filterWithin } from '../../src/hnsw/item-filter.ts';
import { mergeMatches } from '../../src/hnsw/merge-matches.ts';
import { createAskShards, type AskShards } from './ask-shards.ts';
import type { ShardNamespace } from './shard.ts';
import type { VectorSearch } from '../../src/search/vector-search.ts';

export interface ShardTimes {
  /** How long an answer waits for shards, milliseconds. */
  readonly shardMs?: number;
  /** How long the opening of a version waits for shards to load, milliseconds. */
  readonly shardLoadMs?: number;
}

export interface ShardedVectors {
  readonly images: VectorSearch;
  readonly captions: VectorSearch;
  /** Present if some shards could not be loaded; each search asks them again. */
  readonly partial?: PartialAnswer;
}

/**
 * Have the shards of a version load their vectors.
 *
 * @throws DiptychError shard_unavailable if none of them can
 */
export async function openShards(
  namespace: ShardNamespace,
  manifest: Manifest,
  { shardMs = defaults.shardMs, shardLoadMs = defaults.shardLoadMs }: ShardTimes,
): Promise<ShardedVectors> {
  const ask = createAskShards(namespace, manifest, shardMs);
  const { answers, partial } = await ask(
    partsOf(manifest, 'image'),
    (shard, address) => shard.load(address),
    shardLoadMs,
  );
  if (answers.length === 0) throw unavailable(manifest, 'none of its shards could be loaded');
  return {
    images: vectorsOf(manifest, 'image', ask),
    captions: vectorsOf(manifest, 'caption', ask),
    ...(partial && { partial }),
  };
}

/** The shards of a version, each with the ordinals of one kind that it holds. */
function partsOf({ shards = [] }: Manifest, kind: VectorKind) {
  return shards.map((ranges, shard) => ({ shard, range: ranges[kind] }));
}

/** The vectors of one kind, which lie in several shards. */
function vectorsOf(manifest: Manifest, kind: VectorKind, ask: AskShards): VectorSearch {
  const parts = partsOf(manifest, kind);
  return {
    async search(query, k, { efSearch, filter } = {}) {
      const { answers, partial } = await ask(parts, (shard, address, { range }) =>
        shard.search(address, kind, query, k, {
          efSearch,
          filter: filter && filterWithin(range, filter),
        }),
      );
      if (answers.length === 0) throw unavailable(manifest, 'none of its shards answered');
      const found = answers.map(({ part, value }) => ({ first: part.range.first, found: value }));
      return { ...mergeMatches(found, k), ...(partial && { partial }) };
    },
    async score(query, ids) {
      const wanted = parts
        .map(({ shard, range }) => ({ shard, ...idsWithin(range, ids) }))
        .filter(({ places }) => places.length > 0);
      const { answers, partial } = await ask(wanted, (shard, address, { local }) =>
        shard.score(address, kind, query, local),
      );
      const cosines = new Float32Array(ids.length).fill(NaN);
      for (const { part, value } of answers) {
        part.places.forEach((place, i) => (cosines[place] = value[i] ?? NaN));
      }
      return { cosines, ...(partial && { partial }) };
    },
    async vector(id) {
      const at = rangeOf(
        parts.map(({ range }) => range),
        id,
      );
      const { answers } = await ask(parts.slice(at, at + 1), (shard, address, { range }) =>
        shard.vector(address, kind, id - range.first),
      );
      const [answer] = answers;
      if (answer) return answer.value;
      throw unavailable(manifest, `shard ${at} did not answer`);
    },
  };
}

function unavailable({ collection, version, shards }: Manifest, what: string): DiptychError {
  return new DiptychError(
    'shard_unavailable',
    `collection ${collection}, version ${version}: ${what}`,
    { shards: shards?.length },
  );
}
