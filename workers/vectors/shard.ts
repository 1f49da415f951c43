import type { VectorKind } from '../../src/version/keys.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { Matches, SearchOptions } from '../../src/hnsw/searcher.ts';

/** Which vectors a shard holds. */
export interface ShardAddress {
  readonly collection: string;
  readonly version: string;
  /** Index in the manifest's list of shards. */
  readonly shard: number;
}

/** An answer that holds its error as data: an error that crosses isolates loses class and code. */
export type ShardAnswer<T> =
  | { readonly value: T }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

/** An isolate that holds a part of the vectors; its ids start at 0. */
export interface Shard {
  /** Load the vectors, unless they are there. */
  load(address: ShardAddress): Promise<ShardAnswer<true>>;
  search(
    address: ShardAddress,
    kind: VectorKind,
    query: Float32Array,
    k: number,
    options?: SearchOptions,
  ): Promise<ShardAnswer<Matches>>;
  score(
    address: ShardAddress,
    kind: VectorKind,
    query: Float32Array,
    ids: Uint32Array,
  ): Promise<ShardAnswer<Float32Array>>;
  vector(address: ShardAddress, kind: VectorKind, id: number): Promise<ShardAnswer<Float32Array>>;
}

/** A DurableObjectNamespace of {@link Shard}s, or a stand-in with its method. */
export interface ShardNamespace {
  getByName(name: string): Shard;
}

/** Name a shard. Each version has its own shards, so that a new one loads beside the old one. */
export function shardName({ collection, version, shard }: ShardAddress): string {
  return `${collection}/${version}/${shard}`;
}
