import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest, type Manifest, type VectorPlace } from '../../src/artifact/manifest.ts';
import type { CaptionColumns } from '../../src/artifact/captions.ts';
import { defaults } from '../../src/config.ts';
import { DiptychError } from '../../src/errors.ts';
import { fusionWeights } from '../../src/query/fusion-weights.ts';
import { keywordDocs } from '../../src/query/keyword-docs.ts';
import { buildKeywordIndex } from '../../src/query/keyword-index.ts';
import { readPseudoCaptions } from '../caption-corpus/pseudo-captions.ts';
import { openDataset, type PreparedDataset } from '../dataset/read-dataset.ts';
import { progressBar } from '../progress.ts';
import {
  buildVectorIndex,
  type BuiltVectorIndex,
  type VectorIndexOptions,
} from './build-vector-index.ts';
import { chooseBuilder } from './choose-builder.ts';
import { describeEdgeModel } from './describe-edge-model.ts';
import type { GraphReport } from './graph-report.ts';
import { keepVectors } from './keep-vectors.ts';
import type { GraphOrigin } from './make-graph.ts';
import { packPreviews } from './pack-previews.ts';
import { openPreviousVersion, type PreviousVersion } from './previous-version.ts';
import { readEmbeddings, type Embeddings } from './read-embeddings.ts';
import type { BuiltVectors } from './shard-entries.ts';
import { findVersion, hashInputs, versionId } from './version-id.ts';
import { createVersionFiles } from './version-files.ts';
import { writeVersion } from './write-version.ts';

export interface BuildIndexOptions extends Partial<VectorIndexOptions> {
  /** Folder that `encode` wrote. */
  readonly embeddings: string;
  /** Prepared data set that was encoded. */
  readonly data: string;
  /** Model that encoded it: a folder or a hub id. */
  readonly model: string;
  readonly collection: string;
  /** Versions go to `<out>/<collection>/<version>`. */
  readonly out: string;
  /** Folder of a version whose graphs are changed instead of built anew. */
  readonly from?: string;
  /** Where the vectors are to be searched; default in the isolate. */
  readonly vectors?: VectorPlace;
  /** Bytes; default `defaults.isolateBudgetBytes`. */
  readonly budget?: number;
  readonly signal?: AbortSignal;
}

export interface BuildIndexResult {
  /** Folder of the version. */
  readonly dir: string;
  /** False: a version of the same content was there. */
  readonly built: boolean;
  readonly manifest: Manifest;
  /** By shard; absent where the version was there, or has no graphs of ours. */
  readonly graphs?: {
    readonly image: readonly GraphReport[];
    readonly caption: readonly GraphReport[];
  };
  /** Why a graph was built from nothing in spite of `from`. */
  readonly rebuilt?: { readonly image?: string; readonly caption?: string };
  /** Pictures that are found by pseudo-captions. */
  readonly pseudoCaptioned: number;
}

/** Build an index version from embeddings; the same input again finds the version that is there. */
export async function buildIndex(options: BuildIndexOptions): Promise<BuildIndexResult> {
  const { collection, signal, vectors: place = 'isolate' } = options;
  checkPlace(place, options);
  const vectorOptions: VectorIndexOptions = {
    M: options.M ?? defaults.M,
    efConstruction: options.efConstruction ?? defaults.efConstruction,
    recall: options.recall ?? defaults.annRecallAt10,
    quantisation: options.quantisation ?? 'int8+residual',
    builder: options.builder ?? 'auto',
    shards: options.shards ?? 1,
  };
  const embeddings = await readEmbeddings(options.embeddings);
  const dataset = openDataset(options.data);
  checkDataset(embeddings, dataset, options);
  const { model, sizes } = await describeEdgeModel(options.model, embeddings.model);
  const pseudo = await readPseudoCaptions(dataset);
  const pseudoCaptioned = pseudo?.captions.size ?? 0;
  const { shards, ...hashed } = vectorOptions;
  const counts = [embeddings.images.count, embeddings.captions.count];
  const builder = counts.map((count) => chooseBuilder(Math.ceil(count / shards), hashed.builder));
  const inputs = {
    ...(place === 'isolate' ? { ...hashed, builder } : { vectors: place }),
    collection,
    ...(shards > 1 && { shards }),
    ...(pseudo && { pseudoCaptions: pseudo.manifest.sha256 }),
  };
  const previous = await openPrevious(options.from, vectorOptions, place, embeddings);
  const anew = hashInputs(embeddings, inputs);
  const hash = previous ? hashInputs(embeddings, { ...inputs, from: previous.version }) : anew;
  const parent = join(options.out, collection);
  const known = (await findVersion(parent, anew)) ?? (await findVersion(parent, hash));
  if (known !== undefined) {
    const dir = join(parent, known);
    const file = join(dir, 'manifest.json');
    const manifest = parseManifest(file, await readFile(file, 'utf8'));
    return { dir, built: false, manifest, pseudoCaptioned };
  }

  const now = new Date();
  const version = versionId(hash, now);
  const dir = join(parent, version);
  // A version is there as a whole or not at all: built beside, moved when complete.
  const partial = join(parent, `.${version}.${process.pid}`);
  await mkdir(partial, { recursive: true });
  try {
    const files = createVersionFiles(partial);
    const origins = previous && {
      image: { previous: previous.image, keys: dataset.items.map(({ id }) => id) },
      caption: {
        previous: previous.caption,
        keys: embeddings.captionTexts.map(({ text }) => text),
      },
    };
    const vectors =
      place === 'isolate'
        ? await buildBoth(embeddings, vectorOptions, origins, signal)
        : keepBoth(embeddings);
    const bar = progressBar('previews', dataset.items.length);
    const items = await packPreviews(dataset, join(partial, 'previews.bin'), (done) => {
      signal?.throwIfAborted();
      bar.update(done);
    });
    bar.stop();
    await files.add('previews.bin');
    const captions: CaptionColumns = {
      formatVersion: 1,
      texts: embeddings.captionTexts.map(({ text }) => text),
      items: embeddings.captionTexts.map((caption) => caption.items),
    };
    const described = dataset.items.map((item) => {
      const suggested = pseudo?.captions.get(item.id);
      return suggested === undefined ? item : { ...item, suggested };
    });
    const keywords = buildKeywordIndex(keywordDocs(described, dataset.concepts)).json;
    const fusion = fusionWeights(embeddings.caption, embeddings.image, model.embedDim);
    const about = { collection, version, createdAt: now.toISOString(), model, fusion };
    const manifest = await writeVersion(files, {
      about: { ...about, dataset: embeddings.dataset },
      ...{ vectors, place, items, captions, keywords, sizes },
      budget: options.budget ?? defaults.isolateBudgetBytes,
    });
    await rename(partial, dir);
    const reports = ({ parts }: BuiltVectorIndex) => parts.flatMap(({ graph }) => graph ?? []);
    const graphs = { image: reports(vectors.image), caption: reports(vectors.caption) };
    const why = ({ parts }: BuiltVectorIndex) => parts[0].rebuilt;
    const rebuilt = previous && { image: why(vectors.image), caption: why(vectors.caption) };
    const more = { ...(place === 'isolate' && { graphs }), ...(rebuilt && { rebuilt }) };
    return { dir, built: true, manifest, ...more, pseudoCaptioned };
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function openPrevious(
  from: string | undefined,
  { shards }: VectorIndexOptions,
  place: VectorPlace,
  { model }: Embeddings,
): Promise<PreviousVersion | null> {
  if (from === undefined) return null;
  if (shards === 1 && place === 'isolate') return openPreviousVersion(from, model);
  const got = place === 'isolate' ? `${shards} shards` : place;
  throw new DiptychError(
    'invalid_option',
    `from: expected one graph to make, got ${got}: leave one of both out`,
  );
}

/** Build both indexes at once, under one progress bar. */
async function buildBoth(
  { image, caption, model }: Embeddings,
  options: VectorIndexOptions,
  origins: { readonly image: GraphOrigin; readonly caption: GraphOrigin } | null,
  signal?: AbortSignal,
): Promise<BuiltVectors> {
  const dim = model.embedDim;
  const done = { image: 0, caption: 0 };
  const bar = progressBar('index', (image.length + caption.length) / dim);
  const hooks = (part: keyof typeof done) => ({
    signal,
    onProgress: (count: number) => {
      done[part] = count;
      bar.update(done.image + done.caption);
    },
  });
  const results = await Promise.allSettled([
    buildVectorIndex(
      image,
      dim,
      { kind: 'caption', vectors: caption },
      options,
      hooks('image'),
      origins?.image,
    ),
    buildVectorIndex(
      caption,
      dim,
      { kind: 'image', vectors: image },
      options,
      hooks('caption'),
      origins?.caption,
    ),
  ]);
  bar.stop();
  const [imageIndex, captionIndex] = results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return { image: imageIndex, caption: captionIndex };
}

function keepBoth({ image, caption, model: { embedDim } }: Embeddings): BuiltVectors {
  return { image: keepVectors(image, embedDim), caption: keepVectors(caption, embedDim) };
}

function checkPlace(place: VectorPlace, { shards = 1 }: BuildIndexOptions): void {
  if (place === 'isolate' || shards === 1) return;
  throw new DiptychError(
    'invalid_option',
    `shards: Vectorize spreads vectors itself: expected 1, got ${shards}`,
  );
}

function checkDataset(
  embeddings: Embeddings,
  dataset: PreparedDataset,
  options: BuildIndexOptions,
): void {
  const expected = `${embeddings.images.count} items, fingerprint ${embeddings.dataset.fingerprint}`;
  const got = `${dataset.items.length} items, fingerprint ${dataset.manifest.fingerprint}`;
  if (expected === got) return;
  throw new DiptychError(
    'not_prepared',
    `${options.data}: expected the data set of ${options.embeddings} (${expected}), got ${got}: run diptych encode again`,
  );
}
