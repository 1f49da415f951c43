import type { Skip, SourceItem } from '../source.ts';
import { imagesOf } from './sample-images.ts';
import type { TarSample } from './tar-samples.ts';

const apart =
  'the members of a sample must follow one another; repack the shard with tar --sort=name';

/**
 * Tells of the samples of a shard whose key came before. They are left out: nobody can know which of
 * their texts belongs to which image.
 */
export interface RepeatedKeys {
  /**
   * Take what the first sample of a key gives. A skip for want of an image or a caption is kept back,
   * because the missing member may lie further on.
   */
  first(key: string, entries: Iterable<SourceItem | Skip>): Generator<SourceItem | Skip>;
  /** Tell of another sample of the same key: each image once. */
  again(sample: TarSample): Generator<Skip>;
  /** Give the skips that were kept back, at the end of the shard. */
  rest(): Generator<Skip>;
}

/** @param place - the place of a path or key, for the report */
export function repeatedKeys(place: (path: string) => string): RepeatedKeys {
  /** Keys whose first sample lacked an image or a caption, with its skip where one is to be given. */
  const incomplete = new Map<string, { readonly skip?: Skip; readonly hasImage: boolean }>();

  return {
    *first(key, entries) {
      for (const entry of entries) {
        const code = 'code' in entry ? entry.code : undefined;
        if (code === 'image_without_caption' || code === 'caption_without_image') {
          const hasImage = code === 'image_without_caption';
          incomplete.set(key, { skip: entry as Skip, hasImage });
        } else yield entry;
      }
    },
    *again(sample) {
      const { key, repeats } = sample;
      const images = imagesOf(sample).map(({ path }) => place(path));
      const known = incomplete.get(key);
      const isApart = repeats === 'apart';
      const told = `key ${key} came twice${isApart ? ', apart' : ' in a row'}: ${isApart ? apart : 'rename one of them'}`;
      const skip = (code: string) => (where: string) => ({ where, reason: told, code });
      if (!isApart || known === undefined) {
        if (images.length > 0) yield* images.map(skip('duplicate_id'));
        else yield skip(isApart ? 'members_apart' : 'caption_without_image')(place(key));
        return;
      }
      yield* images.map(skip('members_apart'));
      // A text is counted with its image, and alone only where there is none.
      const { where } = known.skip ?? {};
      const isCounted = where !== undefined && (known.hasImage || images.length === 0);
      incomplete.set(key, {
        hasImage: known.hasImage || images.length > 0,
        ...(isCounted && { skip: skip('members_apart')(where) }),
      });
    },
    *rest() {
      for (const { skip } of incomplete.values()) if (skip !== undefined) yield skip;
    },
  };
}
