import { DurableObject } from 'cloudflare:workers';
import type { VectorKind } from '../../src/version/keys.ts';
import { DiptychError } from '../../src/errors.ts';
import type { Searcher, SearchOptions } from '../../src/hnsw/searcher.ts';
import { openVectors } from '../../src/search/open/open-vectors.ts';
import type { Env } from '../env.ts';
import { kernels } from './bundled-kernels.ts';
import { shardName, type Shard, type ShardAddress, type ShardAnswer } from './shard.ts';
import { bucketManifest, bucketVersion } from '../stores/bucket-source.ts';

type Searchers = Readonly<Record<VectorKind, Searcher>>;

/** How long a failed load is not tried again, milliseconds. */
const retryMs = 5000;

/**
 * A Durable Object that holds one shard of a version in memory and stores nothing. The runtime drops
 * it when requests cease, and the next request loads the files again.
 */
export class VectorShard extends DurableObject<Env> implements Shard {
  #held?: { readonly name: string; readonly searchers: Promise<Searchers>; until: number };

  load(address: ShardAddress) {
    return this.#answer(address, () => true as const);
  }

  search(
    address: ShardAddress,
    kind: VectorKind,
    query: Float32Array,
    k: number,
    options?: SearchOptions,
  ) {
    return this.#answer(address, (searchers) => searchers[kind].search(query, k, options));
  }

  score(address: ShardAddress, kind: VectorKind, query: Float32Array, ids: Uint32Array) {
    return this.#answer(address, (searchers) => searchers[kind].score(query, ids));
  }

  vector(address: ShardAddress, kind: VectorKind, id: number) {
    return this.#answer(address, (searchers) => searchers[kind].vector(id));
  }

  async #answer<T>(
    address: ShardAddress,
    work: (searchers: Searchers) => T,
  ): Promise<ShardAnswer<T>> {
    try {
      return { value: work(await this.#searchers(address)) };
    } catch (error) {
      if (!(error instanceof DiptychError)) throw error;
      return { error: { code: error.code, message: error.message } };
    }
  }

  #searchers(address: ShardAddress): Promise<Searchers> {
    const name = shardName(address);
    if (this.#held?.name === name && this.#held.until > Date.now()) return this.#held.searchers;
    const held = { name, searchers: this.#open(address), until: Infinity };
    held.searchers.catch(() => (held.until = Date.now() + retryMs));
    this.#held = held;
    return held.searchers;
  }

  async #open({ collection, version, shard }: ShardAddress): Promise<Searchers> {
    const { ARTIFACTS } = this.env;
    const manifest = await bucketManifest(ARTIFACTS, collection, version);
    if (!manifest.shards?.[shard]) {
      const got = `expected one of ${manifest.shards?.length ?? 0}, got ${shard}`;
      throw new DiptychError('index_unreadable', `${collection}/${version}: shard: ${got}`);
    }
    const files = bucketVersion(ARTIFACTS, manifest);
    const image = await openVectors(files, 'image', kernels.search, shard);
    const caption = await openVectors(files, 'caption', kernels.search, shard);
    return { image, caption };
  }
}
