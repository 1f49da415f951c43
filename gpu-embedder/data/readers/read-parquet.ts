import { resolve } from 'node:path';
import { DiptychError } from '../../../src/errors.ts';
import { checkColumns, findColumns, readFields, type Columns } from './columns.ts';
import { fileStamps, findImageFiles, openImageFolder, type ImageFolder } from './find-images.ts';
import { openParquet, type ParquetRow } from './parquet-rows.ts';
import { nameInShard, type Shard } from './shards.ts';
import type { Skip, Source, SourceItem } from './source.ts';
import { urlSafeId } from './url-safe-id.ts';

/**
 * A source of parquet files with a row for each image. Its column holds the bytes of the image,
 * its path, or `{bytes, path}` as the Hugging Face hub writes it.
 *
 * @param images - folder that the paths are relative to
 * @throws DiptychError unreadable_source - a file is not parquet, or lacks a needed column
 */
export async function parquetSource(
  shards: readonly Shard[],
  columns: Columns,
  images: string | undefined,
): Promise<Source> {
  let total = 0;
  for (const shard of shards) {
    const { names, rows } = await openParquet(shard);
    checkColumns(`Shard ${shard.file}`, columns, names, ['image', 'caption']);
    total += rows;
  }
  return {
    kind: 'parquet',
    names: shards.map(({ name }) => name),
    key: {
      columns,
      shards,
      ...(images !== undefined && {
        images: resolve(images),
        files: await fileStamps(images, await findImageFiles(images)),
      }),
    },
    progress: { label: 'Decoding', total },
    async *entries(onProgress) {
      const folder = images === undefined ? undefined : await openImageFolder(images);
      let done = 0;
      for (const shard of shards) {
        const file = await openParquet(shard);
        const found = findColumns(columns, file.names);
        const wanted = Object.values(found).filter((name) => name !== undefined);
        let number = 0;
        for await (const row of file.read(wanted)) {
          onProgress(done++);
          yield await readRow(shard, number++, row, found, folder);
        }
      }
    },
  };
}

async function readRow(
  shard: Shard,
  number: number,
  row: ParquetRow,
  found: Columns,
  folder: ImageFolder | undefined,
): Promise<SourceItem | Skip> {
  const where = `${shard.name}:${number}`;
  const metadata = readFields(row, found);
  if ('code' in metadata) return { where, ...metadata };
  const { bytes, path } = imageOf(row[found.image!]);
  const { id, ...rest } = metadata;
  if (bytes !== undefined) {
    return { where, ...rest, id: urlSafeId(id ?? nameInShard(shard, number)), image: { bytes } };
  }
  if (path === undefined) {
    const reason = 'the row has neither the bytes nor the path of an image';
    return { where, reason, code: 'caption_without_image' };
  }
  if (folder === undefined) {
    throw new DiptychError(
      'invalid_option',
      `Shard ${shard.file}: row ${number} has the path of an image, ${path}; ` +
        'name the folder of the images with --images',
    );
  }
  const image = await folder.locate(path);
  if (typeof image === 'object') return { where, ...rest, id: urlSafeId(id ?? path), image };
  return image === 'missing'
    ? { where, reason: `there is no ${path} in ${folder.dir}`, code: 'caption_without_image' }
    : { where, reason: `${path} lies outside ${folder.dir}`, code: 'outside_folder' };
}

/** Prefer bytes to a path: the hub stores both, and its path is only the file's former name. */
function imageOf(value: unknown): { readonly bytes?: Uint8Array; readonly path?: string } {
  if (value instanceof Uint8Array) return value.length === 0 ? {} : { bytes: value };
  if (typeof value === 'string') return value === '' ? {} : { path: value };
  if (typeof value !== 'object' || value === null) return {};
  const { bytes, path } = value as { readonly bytes?: unknown; readonly path?: unknown };
  const inside = imageOf(bytes);
  return inside.bytes === undefined && typeof path === 'string' ? imageOf(path) : inside;
}
