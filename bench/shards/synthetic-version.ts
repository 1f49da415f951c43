import { join } from 'node:path';
import { describeModel } from '../../gpu-embedder/common/model-folder/model-description.ts';
import { hashModel, readModelFiles } from '../../gpu-embedder/common/model-folder/model-files.ts';
import { buildVectorIndex } from '../../gpu-embedder/index/version/build-vector-index.ts';
import { describeEdgeModel } from '../../gpu-embedder/index/version/describe-edge-model.ts';
import { createVersionWriter } from '../../gpu-embedder/index/version/version-writer.ts';
import { writeVersion } from '../../gpu-embedder/index/version/write-version.ts';
import type { Manifest } from '../../src/version/manifest.ts';
import { defaults } from '../../src/config.ts';
import { buildKeywordIndex } from '../../src/search/keywords/keyword-index.ts';
import type { VectorData } from '../vectors/vector-data.ts';

export interface SyntheticOptions {
  readonly collection: string;
  readonly shards: number;
  readonly efConstruction: number;
  /** A model with the same dimension: the worker loads it, even though queries are vectors. */
  readonly model: string;
}

/** Write an index version of vectors without pictures; the id of item 7 is `7`. */
export async function writeSyntheticVersion(
  dir: string,
  { vectors, dim, queries }: VectorData,
  { collection, shards, efConstruction, model: modelDir }: SyntheticOptions,
): Promise<Manifest> {
  const files = await readModelFiles(modelDir);
  const known = { id: describeModel(files).id, hash: await hashModel(files) };
  const edge = await describeEdgeModel(modelDir, known);
  const [model, sizes] = [edge.model, await edge.sizes()];
  const { M, annRecallAt10: recall } = defaults;
  const options = { M, efConstruction, recall, shards, builder: 'auto' } as const;
  const build = (rows: Float32Array, asked: Float32Array) =>
    buildVectorIndex(
      rows,
      dim,
      { kind: 'caption', vectors: asked },
      {
        ...options,
        quantisation: 'int8+residual',
      },
    );
  const asked = new Float32Array(queries.length * dim);
  queries.forEach((query, i) => asked.set(query, i * dim));
  const image = await build(vectors, asked);
  const caption = await build(vectors.subarray(0, 0), asked);
  const written = createVersionWriter(dir);
  const preview = { offset: 0, length: 0, type: 'image/png' };
  await written.write('previews.bin', new Uint8Array(1));
  return writeVersion(written, {
    about: {
      ...{ collection, version: `${image.index.count}-${shards}`, model },
      createdAt: new Date().toISOString(),
      dataset: { name: 'synthetic', fingerprint: join('synthetic', collection) },
      fusion: { vector: 0, cosineMean: 0, cosineDeviation: 1 },
    },
    vectors: { image, caption },
    items: Array.from({ length: image.index.count }, (_, i) => ({
      ...{ id: String(i), title: '', preview },
    })),
    captions: [],
    keywords: buildKeywordIndex([]).json,
    sizes,
    budget: defaults.isolateBudgetBytes,
  });
}
