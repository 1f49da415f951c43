import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sampleQueries } from '../../gpu-embedder/index/measure-recall.ts';
import { readEmbeddings } from '../../gpu-embedder/index/read-embeddings.ts';
import { createRandom } from '../../gpu-embedder/random.ts';

/** Unit vectors to search among, and what to search for. */
export interface SearchData {
  readonly name: string;
  readonly dim: number;
  /** [count, dim] */
  readonly vectors: Float32Array;
  readonly queries: readonly Float32Array[];
}

const collection = '.diptych/embeddings/pictograms';

/** Read the embeddings of the demo, images to be found by captions; null where there are none. */
export async function demoData(): Promise<SearchData | null> {
  if (!existsSync(join(collection, 'embeddings.json'))) return null;
  const { image, caption, model } = await readEmbeddings(collection);
  const dim = model.embedDim;
  const queries = sampleQueries(caption, dim).map((query) => query.slice());
  const name = `pictograms-demo, ${image.length / dim} x ${dim} images, ${queries.length} captions as queries`;
  return { name, dim, vectors: image, queries };
}

/** Clusters in a space of few dimensions, seen through more: about as hard as real embeddings. */
export function syntheticData(count: number, dim: number): SearchData {
  const [latent, clusters] = [48, 2000];
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
    const norm = Math.hypot(...vector);
    return vector.map((value) => value / norm);
  };
  const vectors = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) vectors.set(point(0.7), i * dim);
  // Queries stray further, as captions do among images.
  const queries = Array.from({ length: 1000 }, () => point(1.2));
  return { name: `clustered synthetic, ${count} x ${dim}`, dim, vectors, queries };
}
