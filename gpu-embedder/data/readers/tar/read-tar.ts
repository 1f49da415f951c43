import { checkColumns } from '../columns.ts';
import { damagedShard, readShard } from '../read-shard.ts';
import type { Shard } from '../shards.ts';
import type { Skip, Source, SourceItem } from '../source.ts';
import { readSample } from './read-sample.ts';
import { repeatedKeys } from './repeated-keys.ts';
import { imagesOf, imagesWithDots, isNeeded } from './sample-images.ts';
import type { TextOptions } from './sample-texts.ts';
import { tarSamples, type TarSample } from './tar-samples.ts';

const bytesPerUnit = 1e6;

export interface TarOptions extends TextOptions {
  /** Go on after a damaged shard with the next one. */
  readonly skipDamaged?: boolean;
}

/**
 * A source of tar shards in the layout of webdataset. Each sample has an image, and its captions in
 * .txt (one a line) or in fields of .json (named like columns), or its label in .cls.
 */
export function tarSource(shards: readonly Shard[], options: TarOptions): Source {
  const { columns, skipDamaged = false, encoding } = options;
  return {
    kind: 'tar',
    names: shards.map(({ name }) => name),
    key: { columns, shards, ...(skipDamaged && { skipDamaged }), encoding },
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
        const samples = tarSamples(shard, isNeeded, report);
        yield* readShard(shard, readSamples(shard, samples, options, fields), skipDamaged);
        before += shard.size;
      }
      checkColumns('Fields of .json members', columns, [...fields], []);
    },
  };
}

async function* readSamples(
  shard: Shard,
  samples: AsyncIterable<TarSample>,
  options: TextOptions,
  fields: Set<string>,
): AsyncGenerator<SourceItem | Skip> {
  const place = (path: string): string => `${shard.name}:${path}`;
  const repeated = repeatedKeys(place);
  try {
    for await (const sample of samples) {
      const dotted = imagesWithDots(sample);
      for (const { path } of dotted) yield dottedName(place(path), sample.key);
      if (dotted.length > 0 && !sample.members.some(({ extension }) => isNeeded(extension)))
        continue;
      if (sample.isCut) yield* cutSample(sample, place);
      else if (sample.repeats !== undefined) yield* repeated.again(sample);
      else yield* repeated.first(sample.key, readSample(shard, sample, options, fields));
    }
  } catch (error) {
    yield* repeated.rest();
    throw error;
  }
  yield* repeated.rest();
}

function dottedName(where: string, key: string): Skip {
  const reason = `the key of a sample ends at the first dot, here it is ${key}: rename the file without other dots`;
  return { where, reason, code: 'dotted_name' };
}

/** Tell of a sample that lies before the damage of its shard: a member of it may be lost. */
function* cutSample(sample: TarSample, place: (path: string) => string): Generator<Skip> {
  const images = imagesOf(sample).map(({ path }) => place(path));
  const reason = 'the shard is damaged right after it, where more of this sample may have been';
  for (const where of images.length > 0 ? images : [place(sample.key)]) {
    yield { where, reason, code: damagedShard };
  }
}
