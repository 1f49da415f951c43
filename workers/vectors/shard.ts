import type { VectorKind } from '../../src/version/keys.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { Matches, SearchOptions } from '../../src/hnsw/searcher.ts';

/** Which vectors a shard holds. */
export interface ShardAddress {
  readonly collection: string;
  readonly version: string;
  /** Place in the manifest's list. */
  readonly shard: number;
}

/** Errors do not cross isolates as what they were. */
export type ShardAnswer<T> =
  | { readonly value: T }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

/** An isolate that holds a part of the vectors; ids count from 0 there. */
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

/** A DurableObjectNamespace of {@link Shard}s, or a stand-in of its shape. */
export interface ShardNamespace {
  getByName(name: string): Shard;
}

/** Each part of each version is an object of its own: a new version loads beside the old one. */
export function shardName({ collection, version, shard }: ShardAddress): string {
  return `${collection}/${version}/${shard}`;
}
