import type { Columns } from './columns.ts';
import type { PrepareResult } from './prepare-result.ts';
import { prepareSource, type PrepareOptions } from './prepare-source.ts';
import { parquetSource } from './read-parquet.ts';
import { tarSource } from './read-tar.ts';
import { findShards } from './shards.ts';

interface ShardsOptions extends PrepareOptions {
  /** Files, or brace patterns: `shard-{000..010}.tar`. */
  readonly shards: readonly string[];
  readonly columns?: Columns;
}
export type PrepareTarOptions = ShardsOptions;
export interface PrepareParquetOptions extends ShardsOptions {
  /** Folder of the images, where a column has their paths. */
  readonly images?: string;
}

/** Prepare tar shards in the layout of webdataset. */
export async function prepareTar(options: PrepareTarOptions): Promise<PrepareResult> {
  const { shards, columns = {} } = options;
  return prepareSource(tarSource(await findShards(shards), columns), options);
}

/** Prepare parquet files. */
export async function prepareParquet(options: PrepareParquetOptions): Promise<PrepareResult> {
  const { shards, columns = {}, images } = options;
  return prepareSource(await parquetSource(await findShards(shards), columns, images), options);
}
