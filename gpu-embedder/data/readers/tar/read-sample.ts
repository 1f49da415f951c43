import { parseFileJson } from '../../../../src/text/exact-json.ts';
import { captionsOf, findColumns, readFields, type Columns, type Fields } from '../columns.ts';
import { captionLines } from '../read-text-files.ts';
import { nameInShard, type Shard } from '../shards.ts';
import type { Skip, SourceItem } from '../source.ts';
import { urlSafeId } from '../url-safe-id.ts';
import { imagesOf } from './sample-images.ts';
import type { SampleMember, TarSample } from './tar-samples.ts';

/** @param seen - collects the names of .json fields */
export function* readSample(
  shard: Shard,
  sample: TarSample,
  columns: Columns,
  seen: Set<string>,
): Generator<SourceItem | Skip> {
  const { key, members } = sample;
  const place = (path: string): string => `${shard.name}:${path}`;
  const [image, ...more] = imagesOf(sample);
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
    yield { where, reason: image.problem ?? 'it has no bytes', code: 'broken_image' };
    return;
  }
  const metadata = readTexts(members, columns, seen);
  if ('code' in metadata) {
    yield { where: metadata.code === 'bad_json' ? place(`${key}.json`) : where, ...metadata };
    return;
  }
  const { id = nameInShard(shard, key), ...rest } = metadata;
  yield { where, ...rest, id: urlSafeId(id), image: { bytes: image.bytes } };
}

function readTexts(
  members: readonly SampleMember[],
  columns: Columns,
  seen: Set<string>,
): ReturnType<typeof readFields> {
  const [txt, cls, json] = ['txt', 'cls', 'json'].map((wanted) =>
    members.find(({ extension }) => extension === wanted),
  );
  const fields = readJson(json);
  for (const name of Object.keys(fields.value)) seen.add(name);
  const found = findColumns(columns, Object.keys(fields.value));
  const metadata = readFields(
    {
      ...fields.value,
      caption: joinCaptions(
        txt?.bytes,
        found.caption?.flatMap((name) => captionsOf(fields.value[name])),
      ),
      label: cls?.bytes ?? fields.value[found.label ?? ''],
    },
    { ...found, caption: ['caption'], label: 'label' },
  );
  if (!('code' in metadata) || metadata.code !== 'image_without_caption') return metadata;
  // The image would have a caption if this member could be read.
  if (fields.problem !== undefined) return { reason: fields.problem, code: 'bad_json' };
  const unusable = [txt, cls].find((member) => member?.problem !== undefined);
  if (unusable === undefined) return metadata;
  return { reason: `${unusable.path}: ${unusable.problem}`, code: 'image_without_caption' };
}

/**
 * Join the captions of .txt, one a line, and of .json. img2dataset writes the same caption into both,
 * also where it has several lines.
 */
function joinCaptions(
  txt: Uint8Array | undefined,
  json: readonly string[] = [],
): readonly string[] {
  if (txt === undefined) return json;
  const lines = captionLines(txt);
  const joined = oneLine(lines.join(' '));
  return json.some((caption) => oneLine(caption) === joined) ? json : [...lines, ...json];
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Read the fields of a .json member; one that cannot be read has none, and a problem. */
function readJson(member: SampleMember | undefined): {
  readonly value: Fields;
  readonly problem?: string;
} {
  if (member === undefined) return { value: {} };
  if (member.bytes === undefined) return { value: {}, problem: member.problem };
  try {
    const value = parseFileJson(
      Buffer.from(member.bytes)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    );
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { value: value as Fields };
    }
    return { value: {}, problem: 'expected a JSON object' };
  } catch (error) {
    return { value: {}, problem: (error as Error).message };
  }
}
