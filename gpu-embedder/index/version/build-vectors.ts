import type { VectorPlace } from '../../../src/version/manifest.ts';
import { buildVectorIndex, type VectorIndexOptions } from './build-vector-index.ts';
import type { IndexSource } from '../source/index-source.ts';
import { keepVectors } from './keep-vectors.ts';
import type { PreviousVersion } from './previous-version.ts';
import type { BuiltVectors } from './shard-entries.ts';

export interface VectorHooks {
  readonly signal?: AbortSignal;
  /** Called with the vectors of both kinds that are inserted so far. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Make the vector files of a source, images and captions at once.
 *
 * @param previous - whose graphs are changed; by default they are built from nothing
 */
export async function buildVectors(
  source: IndexSource,
  place: VectorPlace,
  options: VectorIndexOptions,
  { signal, onProgress }: VectorHooks,
  previous: PreviousVersion | null,
): Promise<BuiltVectors> {
  const { image, caption } = source;
  const dim = source.model.embedDim;
  if (place === 'vectorize') {
    return { image: keepVectors(image, dim), caption: keepVectors(caption, dim) };
  }
  const origins = previous && {
    image: { previous: previous.image, keys: source.items.map(({ id }) => id) },
    caption: { previous: previous.caption, keys: source.captionTexts.map(({ text }) => text) },
  };
  const done = { image: 0, caption: 0 };
  const hooks = (part: keyof typeof done) => ({
    signal,
    onProgress: (count: number) => {
      done[part] = count;
      onProgress?.(done.image + done.caption);
    },
  });
  const forImages = { kind: 'caption', vectors: caption } as const;
  const forCaptions = { kind: 'image', vectors: image } as const;
  const results = await Promise.allSettled([
    buildVectorIndex(image, dim, forImages, options, hooks('image'), origins?.image),
    buildVectorIndex(caption, dim, forCaptions, options, hooks('caption'), origins?.caption),
  ]);
  const [imageIndex, captionIndex] = results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return { image: imageIndex, caption: captionIndex };
}
