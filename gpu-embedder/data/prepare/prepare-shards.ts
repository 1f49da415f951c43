import type { Columns } from '../readers/columns.ts';
import type { PrepareResult } from './prepare-result.ts';
import { prepareSource, type PrepareOptions } from './prepare-source.ts';
import { parquetSource } from '../readers/read-parquet.ts';
import { tarSource } from '../readers/read-tar.ts';
import { findShards } from '../readers/shards.ts';
import type { Source } from '../readers/source.ts';

export interface ShardsInput {
  /** Files, or brace patterns: `shard-{000..010}.tar`. */
  readonly shards: readonly string[];
  readonly columns?: Columns;
}
export interface ParquetInput extends ShardsInput {
  /** Folder of the images, if a column holds paths instead of bytes. */
  readonly images?: string;
}
export type PrepareTarOptions = ShardsInput & PrepareOptions;
export type PrepareParquetOptions = ParquetInput & PrepareOptions;

/** Prepare tar shards in the layout of webdataset. */
export async function prepareTar(options: PrepareTarOptions): Promise<PrepareResult> {
  return prepareSource(await openTarShards(options), options);
}

/** Prepare parquet files. */
export async function prepareParquet(options: PrepareParquetOptions): Promise<PrepareResult> {
  return prepareSource(await openParquetShards(options), options);
}

/** Find the shards and open them as one source. */
export async function openTarShards({ shards, columns = {} }: ShardsInput): Promise<Source> {
  return tarSource(await findShards(shards), columns);
}

/** Find the files and open them as one source. */
export async function openParquetShards({
  shards,
  columns = {},
  images,
}: ParquetInput): Promise<Source> {
  return parquetSource(await findShards(shards), columns, images);
}
