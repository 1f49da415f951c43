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
  /** Given where shards could not be loaded; each question asks them again. */
  readonly partial?: PartialAnswer;
}

/**
 * Have the shards of a version load their vectors.
 *
 * @throws DiptychError shard_unavailable when none can
 */
export async function openShards(
  namespace: ShardNamespace,
  manifest: Manifest,
  { shardMs = defaults.shardMs, shardLoadMs = defaults.shardLoadMs }: ShardTimes,
): Promise<ShardedVectors> {
  const ask = createAskShards(namespace, manifest, shardMs);
  const { answers, partial } = await ask(
    (shard, address) => shard.load(address),
    undefined,
    shardLoadMs,
  );
  if (answers.length === 0) throw unavailable(manifest, 'none of its shards could be loaded');
  const [images, captions] = (['image', 'caption'] as const).map((kind) =>
    vectorsOf(manifest, kind, ask),
  );
  return { images, captions, ...(partial && { partial }) };
}

/** The vectors of one kind, which lie in several shards. */
function vectorsOf(manifest: Manifest, kind: VectorKind, ask: AskShards): VectorSearch {
  const ranges = (manifest.shards ?? []).map((shard) => shard[kind]);
  return {
    async search(query, k, { efSearch, filter } = {}) {
      const { answers, partial } = await ask((shard, address) =>
        shard.search(address, kind, query, k, {
          efSearch,
          filter: filter && filterWithin(ranges[address.shard], filter),
        }),
      );
      if (answers.length === 0) throw unavailable(manifest, 'none of its shards answered');
      const parts = answers.map(({ shard, value: found }) => ({
        first: ranges[shard].first,
        found,
      }));
      return { ...mergeMatches(parts, k), ...(partial && { partial }) };
    },
    async score(query, ids) {
      const wanted = ranges.map((range) => idsWithin(range, ids));
      const { answers, partial } = await ask(
        (shard, address) => shard.score(address, kind, query, wanted[address.shard].local),
        [...ranges.keys()].filter((shard) => wanted[shard].places.length > 0),
      );
      const cosines = new Float32Array(ids.length).fill(NaN);
      for (const { shard, value } of answers) {
        wanted[shard].places.forEach((place, i) => (cosines[place] = value[i]));
      }
      return { cosines, ...(partial && { partial }) };
    },
    async vector(id) {
      const asked = rangeOf(ranges, id);
      const { answers } = await ask(
        (shard, address) => shard.vector(address, kind, id - ranges[asked].first),
        [asked],
      );
      if (answers.length === 0) throw unavailable(manifest, `shard ${asked} did not answer`);
      return answers[0].value;
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
