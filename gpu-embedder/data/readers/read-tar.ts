import { decodeText } from '../../../src/text/decode-text.ts';
import { checkColumns, findColumns, readFields, textsOf, type Columns } from './columns.ts';
import { imageName } from './find-images.ts';
import { captionLines } from './read-text-files.ts';
import { nameInShard, type Shard } from './shards.ts';
import type { Skip, Source, SourceItem } from './source.ts';
import { tarSamples, type TarSample } from './tar-samples.ts';
import { urlSafeId } from './url-safe-id.ts';

/** `x.depth.png` has two extensions: it holds data about the image `x`, not the image itself. */
const isImage = (extension: string): boolean =>
  !extension.includes('.') && imageName.test(`.${extension}`);
const isText = (extension: string): boolean => ['txt', 'json', 'cls'].includes(extension);
const bytesPerUnit = 1e6;

/**
 * A source of tar shards in the layout of webdataset. Each sample has an image, and its captions in
 * .txt (one a line) or in fields of .json (named like columns), or its label in .cls.
 */
export function tarSource(shards: readonly Shard[], columns: Columns): Source {
  return {
    kind: 'tar',
    names: shards.map(({ name }) => name),
    key: { columns, shards },
    progress: {
      label: 'Reading MB',
      total: Math.ceil(shards.reduce((sum, { size }) => sum + size, 0) / bytesPerUnit),
    },
    async *entries(onProgress) {
      const fields = new Set<string>();
      let before = 0;
      for (const shard of shards) {
        const report = (bytes: number): void =>
          onProgress(Math.round((before + bytes) / bytesPerUnit));
        const wanted = (extension: string): boolean => isImage(extension) || isText(extension);
        for await (const sample of tarSamples(shard, wanted, report)) {
          yield* readSample(shard, sample, columns, fields);
        }
        before += shard.size;
      }
      checkColumns('Fields of .json members', columns, [...fields], []);
    },
  };
}

/** @param seen - collects the names of .json fields */
function* readSample(
  shard: Shard,
  { key, members }: TarSample,
  columns: Columns,
  seen: Set<string>,
): Generator<SourceItem | Skip> {
  const place = (path: string): string => `${shard.name}:${path}`;
  const [image, ...more] = members.filter(({ extension }) => isImage(extension));
  for (const { path } of more) {
    yield { where: place(path), reason: `${key} already has an image`, code: 'second_image' };
  }
  if (image === undefined) {
    const reason = `no image among ${members.map(({ extension }) => extension).join(', ')}`;
    yield { where: place(key), reason, code: 'caption_without_image' };
    return;
  }
  const where = place(image.path);
  if (image.bytes === undefined) {
    yield { where, reason: 'it is a link or too large', code: 'broken_image' };
    return;
  }
  const text = Object.fromEntries(members.map(({ extension, bytes }) => [extension, bytes]));
  const json = text.json === undefined ? {} : parseFields(text.json);
  if (json instanceof Error) {
    yield { where: place(`${key}.json`), reason: json.message, code: 'bad_json' };
    return;
  }
  for (const name of Object.keys(json)) seen.add(name);
  const found = findColumns(columns, Object.keys(json));
  const decoded = text.txt === undefined ? { text: '' } : decodeText(text.txt);
  if ('problem' in decoded) {
    yield { where: place(`${key}.txt`), reason: decoded.problem, code: 'bad_encoding' };
    return;
  }
  const captions = captionLines(decoded.text);
  const metadata = readFields(
    {
      ...json,
      caption: [...captions, ...textsOf(json[found.caption ?? ''])],
      label: textsOf(text.cls ?? json[found.label ?? '']),
    },
    { ...found, caption: 'caption', label: 'label' },
  );
  if ('code' in metadata) {
    yield { where, reason: metadata.reason, code: metadata.code };
    return;
  }
  const { id = nameInShard(shard, key), ...rest } = metadata;
  yield { where, ...rest, id: urlSafeId(id), image: { bytes: image.bytes } };
}

function parseFields(bytes: Uint8Array): Readonly<Record<string, unknown>> | Error {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    return new Error('expected a JSON object');
  } catch (error) {
    return error as Error;
  }
}
