import { readEmbeddings } from '../../gpu-embedder/embed/read-embeddings.ts';
import { sampleQueries } from '../../gpu-embedder/index/version/measure-recall.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { DiptychError } from '../../src/errors.ts';
import type { BenchOptions } from '../bench.ts';

/** Vectors and the queries to search for. */
export interface VectorData {
  readonly name: string;
  readonly dim: number;
  /** [count, dim], unit length */
  readonly vectors: Float32Array;
  /** [dim] each */
  readonly queries: readonly Float32Array[];
}

export const defaultEmbeddings = '.diptych/embeddings/pictograms';

const queryCount = 1000;

/** Make synthetic vectors if `count` or `dim` is given; otherwise read the images of `embeddings`. */
export function chooseVectors({ count, dim, embeddings }: BenchOptions): Promise<VectorData> {
  if (count === undefined && dim === undefined) {
    return realImages(embeddings ?? defaultEmbeddings, 'text');
  }
  const data = syntheticData(whole('count', count ?? '100000'), whole('dim', dim ?? '512'));
  return Promise.resolve(data);
}

export type VectorSource = 'text' | 'image' | 'synthetic';

/** Open the sources that `--data` names, one after the other; by default all of them. */
export async function* openSources<S extends VectorSource>(
  sources: readonly S[],
  { data, embeddings, count = '100000', dim = '512' }: BenchOptions,
): AsyncGenerator<{ readonly source: S; readonly data: VectorData }> {
  for (const source of sources) {
    if (data !== undefined && data !== source) continue;
    yield {
      source,
      data:
        source === 'synthetic'
          ? syntheticData(whole('count', count), whole('dim', dim))
          : await realImages(embeddings ?? defaultEmbeddings, source),
    };
  }
}

function whole(flag: string, value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new DiptychError('invalid_option', `--${flag}: expected a whole number, got ${value}`);
}

/** Read the images of a collection that `encode` wrote, and texts or images as queries. */
export async function realImages(dir: string, queries: 'text' | 'image'): Promise<VectorData> {
  const { image, caption, model } = await readEmbeddings(dir);
  const dim = model.embedDim;
  const held = queries === 'text' ? { asked: caption, rest: image } : holdOut(image, dim);
  return {
    name: `pictograms, ${held.rest.length / dim} x ${dim}, ${queries} queries`,
    dim,
    vectors: held.rest,
    queries: sampleQueries(held.asked, dim).map((query) => query.slice()),
  };
}

/** Remove every n-th image from the vectors and use it as a query. */
function holdOut(image: Float32Array, dim: number) {
  const count = image.length / dim;
  const step = Math.max(2, Math.floor(count / queryCount));
  const rows = (wanted: (i: number) => boolean) => {
    const ids = Array.from({ length: count }, (_, i) => i).filter(wanted);
    const out = new Float32Array(ids.length * dim);
    ids.forEach((id, i) => out.set(image.subarray(id * dim, (id + 1) * dim), i * dim));
    return out;
  };
  return { asked: rows((i) => i % step === 0), rest: rows((i) => i % step !== 0) };
}

/** Make clusters in a low-dimensional space, mapped to `dim`; queries scatter more, like captions. */
export function syntheticData(count: number, dim: number): VectorData {
  const [latent, clusters] = [48, Math.ceil(count / 10)];
  const random = createRandom(1);
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  const axes = normals(latent * dim);
  const centres = normals(latent * clusters);
  const point = (spread: number): Float32Array => {
    const centre = random.integer(clusters) * latent;
    const vector = normals(dim).map((value) => 0.5 * value);
    for (let l = 0; l < latent; l++) {
      const weight = (centres[centre + l] + spread * random.normal()) / Math.sqrt(latent);
      for (let j = 0; j < dim; j++) vector[j] += weight * axes[l * dim + j];
    }
    let squares = 0;
    for (const value of vector) squares += value * value;
    const norm = Math.sqrt(squares);
    return vector.map((value) => value / norm);
  };
  const vectors = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) vectors.set(point(0.7), i * dim);
  const queries = Array.from({ length: queryCount }, () => point(1.2));
  return { name: `clustered synthetic, ${count} x ${dim}`, dim, vectors, queries };
}
