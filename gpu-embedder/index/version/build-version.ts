import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, VectorPlace } from '../../../src/version/manifest.ts';
import { defaults } from '../../../src/config.ts';
import { DiptychError } from '../../../src/errors.ts';
import { fusionWeights } from '../../../src/version/fusion-weights.ts';
import { keywordDocs } from '../../../src/search/keywords/keyword-docs.ts';
import { buildKeywordIndex } from '../../../src/search/keywords/keyword-index.ts';
import type { LoadedSizes } from '../../../src/search/open/memory-budget.ts';
import type { VersionFiles } from '../../../src/search/open/version-files.ts';
import { withFolderLock } from '../../common/folder-lock.ts';
import { sayWhatEncodes } from './say-what-encodes.ts';
import {
  buildVectorIndexes,
  type BuiltVectorIndex,
  type BuiltVectors,
  type VectorIndexOptions,
} from './build-vector-index.ts';
import { describeEdgeModel } from './describe-edge-model.ts';
import type { GraphReport } from '../graph/graph-report.ts';
import type { IndexSource } from '../source/index-source.ts';
import { packPreviews } from './pack-previews.ts';
import { openPreviousVersion, type PreviousVersion } from './previous-version.ts';
import { findVersion } from './find-version.ts';
import { createVersionWriter, type VersionWriter } from './version-writer.ts';
import { resolveOptions, versionHashes, type VersionOptions } from './version-options.ts';
import { writeVersion } from './write-version.ts';

export interface BuildVersionOptions extends VersionOptions {
  /** Model that made the embeddings: a folder or a hub id. */
  readonly model: string;
  /** Versions go to `<out>/<collection>/<version>`. */
  readonly out: string;
  /** The version whose graphs are changed; by default, new graphs are built. */
  readonly from?: VersionFiles;
  /** Bytes; default `defaults.isolateBudgetBytes`. */
  readonly budget?: number;
  /** Time for the version id and the manifest; default now. */
  readonly createdAt?: Date;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: BuildStage, done: number, total: number) => void;
}

/** First vectors are inserted, then previews are made. */
export type BuildStage = 'index' | 'previews';

export interface BuildVersionResult {
  /** Folder of the version. */
  readonly dir: string;
  /** False if a version of the same input exists. */
  readonly built: boolean;
  readonly manifest: Manifest;
  /** One per shard; absent if the version existed already, or if Vectorize makes the graphs. */
  readonly graphs?: {
    readonly image: readonly GraphReport[];
    readonly caption: readonly GraphReport[];
  };
  /** Why a graph was built from nothing although there was `from`. */
  readonly rebuilt?: { readonly image?: string; readonly caption?: string };
}

/**
 * Build an index version, or find the version that the same input gave before. Wherever the source
 * lies, the files are the same byte for byte as long as one thread builds the graphs
 * (`choose-builder.ts`): with several threads of usearch, graphs differ from run to run, and so do
 * the ids of the versions.
 *
 * @throws DiptychError nothing_to_publish, model_mismatch, index_too_large, invalid_option,
 *   not_prepared, folder_in_use
 */
export async function buildVersion(
  source: IndexSource,
  options: BuildVersionOptions,
): Promise<BuildVersionResult> {
  if (source.items.length === 0) throw nothingToPublish(options.collection);
  const { place, settings } = resolveOptions(options);
  const edge = await describeEdgeModel(options.model, source.model);
  const previous = await openPrevious(options.from, settings, place, source);
  const input = { source, options, place, settings, edge, previous };
  const parent = join(options.out, options.collection);
  return withFolderLock(parent, { command: 'diptych index' }, () => buildInto(parent, input));
}

/** What a version is built from, after it was checked. */
interface BuildInput {
  readonly source: IndexSource;
  readonly options: BuildVersionOptions;
  readonly place: VectorPlace;
  readonly settings: VectorIndexOptions;
  readonly edge: Awaited<ReturnType<typeof describeEdgeModel>>;
  readonly previous: PreviousVersion | null;
}

async function buildInto(
  parent: string,
  { source, options, place, settings, edge, previous }: BuildInput,
): Promise<BuildVersionResult> {
  const hashes = versionHashes(source, options, previous?.version);
  const { known, damaged } = await findVersion(parent, hashes);
  if (known) return { ...known, built: false };
  // A model that cannot be read is found before the long work.
  const sizes = await edge.sizes();
  const inputKey = hashes[hashes.length - 1];
  // The folder gets its name when it is complete, so that nobody finds half a version.
  const partial = join(parent, '.partial');
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial);
  try {
    const hooks = hooksOf(source, options);
    const vectors = await buildVectorIndexes(source, place, settings, hooks, previous);
    const createdAt = (options.createdAt ?? new Date()).toISOString();
    const about = { collection: options.collection, inputKey, createdAt };
    const files = createVersionWriter(partial);
    const content = { about: { ...about, model: edge.model }, vectors, place, sizes };
    const manifest = await writeContent(partial, files, source, content, options);
    const dir = join(parent, manifest.version);
    for (const other of damaged) await rm(other, { recursive: true, force: true });
    await rename(partial, dir);
    sayWhatEncodes(manifest);
    return { dir, built: true, manifest, ...report(vectors, place, previous !== null) };
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Make the error of a collection without items: publishing it would only take away what is there. */
export function nothingToPublish(collection: string): DiptychError {
  const message = `collection ${collection}: expected at least one item, got none`;
  return new DiptychError('nothing_to_publish', message);
}

interface Content {
  readonly about: Pick<Manifest, 'collection' | 'inputKey' | 'createdAt' | 'model'>;
  readonly vectors: BuiltVectors;
  readonly place: VectorPlace;
  readonly sizes: LoadedSizes['model'];
}

/** Write all files of a version into a folder, the previews first. */
async function writeContent(
  dir: string,
  files: VersionWriter,
  source: IndexSource,
  { about, vectors, place, sizes }: Content,
  { signal, onProgress, budget = defaults.isolateBudgetBytes }: BuildVersionOptions,
): Promise<Manifest> {
  const { captionTexts, dataset, concepts } = source;
  const items = await packPreviews(source, join(dir, 'previews.bin'), (done) => {
    signal?.throwIfAborted();
    onProgress?.('previews', done, source.items.length);
  });
  await files.add('previews.bin');
  const keywords = buildKeywordIndex(keywordDocs(source.items, concepts)).json;
  const fusion = fusionWeights(source.caption, source.image, about.model.embedDim);
  return writeVersion(files, {
    about: { ...about, fusion, dataset },
    ...{ vectors, place, items, captions: captionTexts, keywords, sizes, budget },
  });
}

async function openPrevious(
  from: VersionFiles | undefined,
  { shards }: VectorIndexOptions,
  place: VectorPlace,
  { model }: IndexSource,
): Promise<PreviousVersion | null> {
  if (from === undefined) return null;
  if (shards === 1 && place === 'isolate') return openPreviousVersion(from, model);
  const [got, flag] =
    place === 'isolate' ? [`${shards} shards`, '--shards'] : [place, '--vectors vectorize'];
  throw new DiptychError(
    'invalid_option',
    `from: expected a version with one graph, got ${got}: use either --from or ${flag}, not both`,
  );
}

function hooksOf({ items, captionTexts }: IndexSource, options: BuildVersionOptions) {
  const { signal, onProgress } = options;
  const total = items.length + captionTexts.length;
  return { signal, onProgress: (done: number) => onProgress?.('index', done, total) };
}

function report(
  { image, caption }: BuiltVectors,
  place: VectorPlace,
  isChanged: boolean,
): Pick<BuildVersionResult, 'graphs' | 'rebuilt'> {
  const reports = ({ parts }: BuiltVectorIndex) => parts.flatMap(({ graph }) => graph ?? []);
  const why = ({ parts }: BuiltVectorIndex) => parts[0].rebuilt;
  return {
    ...(place === 'isolate' && { graphs: { image: reports(image), caption: reports(caption) } }),
    ...(isChanged && { rebuilt: { image: why(image), caption: why(caption) } }),
  };
}
