import { shorten } from '../../../../src/text/shorten.ts';
import { nameInShard, type Shard } from '../shards.ts';
import type { Skip, SourceItem } from '../source.ts';
import { urlSafeId } from '../url-safe-id.ts';
import { imagesOf } from './sample-images.ts';
import { readTexts, type TextOptions } from './sample-texts.ts';
import type { TarSample } from './tar-samples.ts';

/** @param seen - collects the names of .json fields */
export function* readSample(
  shard: Shard,
  sample: TarSample,
  options: TextOptions,
  seen: Set<string>,
): Generator<SourceItem | Skip> {
  const { key, members } = sample;
  const place = (path: string): string => `${shard.name}:${path}`;
  const [image, ...more] = imagesOf(sample);
  for (const { path } of more) {
    yield { where: place(path), reason: `${key} already has an image`, code: 'second_image' };
  }
  if (image === undefined) {
    const found = members.map(({ extension }) => extension).join(', ');
    const reason = `no image among ${shorten(found)}`;
    yield { where: place(key), reason, code: 'caption_without_image' };
    return;
  }
  const where = place(image.path);
  if (image.bytes === undefined) {
    yield { where, reason: image.problem ?? 'it has no bytes', code: 'broken_image' };
    return;
  }
  const metadata = readTexts(members, options, seen);
  if ('code' in metadata) {
    const { path = image.path, reason, code } = metadata;
    yield { where: place(path), reason, code };
    return;
  }
  const { id = nameInShard(shard, key), ...rest } = metadata;
  yield { where, ...rest, id: urlSafeId(id), image: { bytes: image.bytes } };
}
