import {
  manifestFormatVersion,
  manifestSchema,
  type Manifest,
} from '../../src/version/manifest.ts';
import { plainVectorIndex } from '../../gpu-embedder/index/version/build-vector-index.ts';

export interface CloudVectors {
  readonly dim: number;
  readonly image: Float32Array;
  readonly caption?: Float32Array;
  readonly version?: string;
}

/** Make the manifest of a version whose vectors are in Vectorize. */
export function cloudManifest({ dim, image, ...rest }: CloudVectors): Manifest {
  const { caption = new Float32Array(), version = '20260127-0123456789ab' } = rest;
  return manifestSchema.parse({
    formatVersion: manifestFormatVersion,
    collection: 'cloud',
    version,
    createdAt: '2026-01-27T00:00:00.000Z',
    model: { id: 'm', hash: 'h', embedDim: dim, imageSize: 32, contextLength: 16, logitScale: 3 },
    dataset: { name: 'd', fingerprint: 'f' },
    counts: { items: image.length / dim, captions: caption.length / dim },
    files: {},
    vectors: 'vectorize',
    image: plainVectorIndex(image, dim).index,
    caption: plainVectorIndex(caption, dim).index,
    memory: { parts: {}, total: 1, budget: 2 },
    fusion: { vector: 0.1, cosineMean: 0, cosineDeviation: 1 },
  });
}
