import type { VectorPlace } from '../../../src/version/manifest.ts';
import { defaults } from '../../../src/config.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { VectorIndexOptions } from './build-vector-index.ts';
import { chooseBuilder } from '../graph/choose-builder.ts';
import type { IndexSource } from '../source/index-source.ts';
import { hashInputs } from './version-id.ts';

/** The options that decide the content of a version. */
export interface VersionOptions extends Partial<VectorIndexOptions> {
  readonly collection: string;
  /** Where the vectors are searched; default: in the isolate. */
  readonly vectors?: VectorPlace;
}

/** Fill in the defaults. @throws DiptychError invalid_option */
export function resolveOptions(options: VersionOptions): {
  readonly place: VectorPlace;
  readonly settings: VectorIndexOptions;
} {
  const { vectors: place = 'isolate', shards = 1 } = options;
  if (place !== 'isolate' && shards !== 1) {
    throw new DiptychError(
      'invalid_option',
      `shards: Vectorize spreads vectors itself: expected 1, got ${shards}`,
    );
  }
  const settings = {
    M: options.M ?? defaults.M,
    efConstruction: options.efConstruction ?? defaults.efConstruction,
    recall: options.recall ?? defaults.annRecallAt10,
    quantisation: options.quantisation ?? ('int8+residual' as const),
    builder: options.builder ?? ('auto' as const),
    shards,
  };
  return { place, settings };
}

/**
 * Hash the inputs of a version. The last hash is that of the version to build, its `inputKey`. A
 * version with any other of these hashes serves as well: with `from`, that is one built from nothing.
 *
 * @param from - id of the version whose graphs are changed
 */
export function versionHashes(
  source: IndexSource,
  options: VersionOptions,
  from?: string,
): readonly string[] {
  const { place, settings } = resolveOptions(options);
  const { shards, ...hashed } = settings;
  const counts = [source.items.length, source.captionTexts.length];
  const builder = counts.map((count) => chooseBuilder(Math.ceil(count / shards), hashed.builder));
  const inputs = {
    ...(place === 'isolate' ? { ...hashed, builder } : { vectors: place }),
    collection: options.collection,
    ...(shards > 1 && { shards }),
    ...source.inputs,
  };
  const anew = hashInputs(source, inputs);
  return from === undefined ? [anew] : [anew, hashInputs(source, { ...inputs, from })];
}
