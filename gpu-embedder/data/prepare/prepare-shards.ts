import type { Columns } from '../readers/columns.ts';
import type { PrepareResult } from './prepare-result.ts';
import { prepareSource, type PrepareOptions } from './prepare-source.ts';
import { parquetSource, type ParquetOptions } from '../readers/parquet/read-parquet.ts';
import { tarSource } from '../readers/tar/read-tar.ts';
import { findShards } from '../readers/shards.ts';
import type { Source } from '../readers/source.ts';

export interface ShardsInput {
  /** Files, or brace patterns: `shard-{000..010}.tar`. */
  readonly shards: readonly string[];
  readonly columns?: Columns;
  /** Go on after a damaged shard with the next one. */
  readonly skipDamaged?: boolean;
}
export interface TarInput extends ShardsInput {
  /** Of texts that have no byte order mark; UTF-8 by default. */
  readonly encoding?: string;
}
export type ParquetInput = ShardsInput & ParquetOptions;
export type PrepareTarOptions = TarInput & PrepareOptions;
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
export async function openTarShards({
  shards,
  columns = {},
  skipDamaged,
  encoding,
}: TarInput): Promise<Source> {
  return tarSource(await findShards(shards), { columns, skipDamaged, encoding });
}

/** Find the files and open them as one source. */
export async function openParquetShards(input: ParquetInput): Promise<Source> {
  return parquetSource(await findShards(input.shards), input.columns ?? {}, input);
}
