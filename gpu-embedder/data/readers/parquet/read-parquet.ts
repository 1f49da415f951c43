import { resolve } from 'node:path';
import { shorten } from '../../../../src/text/shorten.ts';
import { checkColumns, findColumns, readFields, type Columns } from '../columns.ts';
import { fileStamps, findFiles, imageName } from '../find-images.ts';
import { openImageFolder, type ImageFolder } from '../image-folder.ts';
import { bytesOfPath, imageValues, type ImageValue } from './image-value.ts';
import { openParquet, type ParquetRow } from './parquet-rows.ts';
import { checkDamage, readShard } from '../read-shard.ts';
import { nameInShard, type Shard } from '../shards.ts';
import type { Skip, Source, SourceItem } from '../source.ts';
import { urlSafeId } from '../url-safe-id.ts';

export interface ParquetOptions {
  /** Folder that the paths of images are relative to. */
  readonly images?: string;
  /** Whether links may lead out of that folder. */
  readonly followLinks?: boolean;
  /** Go on after a damaged file with the next one. */
  readonly skipDamaged?: boolean;
}

/**
 * A source of parquet files with a row for each image. Its column holds the bytes of the image, its
 * path, or `{bytes, path}` as the Hugging Face hub writes it.
 *
 * @throws DiptychError unreadable_source - a file is not parquet, or lacks a needed column
 */
export async function parquetSource(
  shards: readonly Shard[],
  columns: Columns,
  { images, followLinks, skipDamaged = false }: ParquetOptions,
): Promise<Source> {
  let total = 0;
  for (const shard of shards) {
    const file = await openParquet(shard).catch((error: unknown) => {
      checkDamage(error, shard, skipDamaged);
    });
    // The file is opened again when it is read, and then its damage is told.
    if (!file) continue;
    checkColumns(`Shard ${shard.file}`, columns, file.names, ['image', 'caption']);
    total += file.rows;
  }
  return {
    kind: 'parquet',
    names: shards.map(({ name }) => name),
    key: {
      columns,
      shards,
      ...(skipDamaged && { skipDamaged }),
      ...(images !== undefined && {
        images: resolve(images),
        followLinks,
        files: await fileStamps(images, (await findFiles(images, imageName, followLinks)).names),
      }),
    },
    progress: { label: 'Decoding', total },
    async *entries(onProgress) {
      const folder = images === undefined ? undefined : await openImageFolder(images, followLinks);
      let done = 0;
      for (const shard of shards) {
        const rows = readRows(shard, columns, folder, () => onProgress(done++));
        yield* readShard(shard, rows, skipDamaged);
      }
    },
  };
}

async function* readRows(
  shard: Shard,
  columns: Columns,
  folder: ImageFolder | undefined,
  onRow: () => void,
): AsyncGenerator<SourceItem | Skip> {
  const file = await openParquet(shard);
  const found = findColumns(columns, file.names);
  const wanted = Object.values(found).flat().filter(isName);
  let number = 0;
  for await (const row of file.read(wanted)) {
    onRow();
    yield* readRow(shard, number++, row, found, folder);
  }
}

const isName = (name: string | false | undefined): name is string => typeof name === 'string';

async function* readRow(
  shard: Shard,
  number: number,
  row: ParquetRow,
  found: Columns,
  folder: ImageFolder | undefined,
): AsyncGenerator<SourceItem | Skip> {
  const where = `${shard.name}:${number}`;
  const metadata = readFields(row, found);
  if ('code' in metadata) {
    yield { where, ...metadata };
    return;
  }
  const [value, ...more] = imageValues(row[found.image!]);
  const { id, ...rest } = metadata;
  const image = await findImage(value, folder);
  if ('code' in image) yield { where, ...image };
  else {
    const name = 'file' in image && value && 'path' in value ? value.path : undefined;
    yield { where, ...rest, id: urlSafeId(id ?? name ?? nameInShard(shard, number)), image };
  }
  for (const _ of more)
    yield { where, reason: 'the row already has an image', code: 'second_image' };
}

async function findImage(
  value: ImageValue | undefined,
  folder: ImageFolder | undefined,
): Promise<SourceItem['image'] | Omit<Skip, 'where'>> {
  const missing = (reason: string) => ({ reason, code: 'caption_without_image' });
  if (value === undefined) return missing('the row has neither the bytes nor the path of an image');
  if ('problem' in value) return { reason: value.problem, code: 'broken_image' };
  if ('bytes' in value) return value;
  const located = await folder?.locate(value.path);
  if (located && 'file' in located) return located;
  const decoded = bytesOfPath(value.path);
  if (decoded !== undefined) return findImage(decoded, folder);
  const shown = shorten(value.path);
  return (
    located ??
    missing(
      `the row has the path of an image, ${shown}, and no bytes: name its folder with --images`,
    )
  );
}
