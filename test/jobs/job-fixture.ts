import { createHash } from 'node:crypto';
import { createCollection } from '../../src/catalogue/collections.ts';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { DiptychError } from '../../src/errors.ts';
import type { EncodeAnswer, EncodedImage, Embedder } from '../../src/embedder/embedder.ts';
import { ingestItems } from '../../src/items/ingest/ingest-items.ts';
import { createJob, type ActiveJob } from '../../src/jobs/rows/jobs.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import type { Stores } from '../../src/catalogue/stores.ts';
import { memoryStore, type MemoryStore } from '../support/memory-store.ts';

export const model = { id: 'fake', hash: '0123456789abcdef', embedDim: 4 };

/** A picture that only holds a text. */
export const svg = (text: string): string =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><title>${text}</title></svg>`).toString(
    'base64',
  );

export interface FakeEmbedder extends Embedder {
  /** Inputs of every call. */
  readonly calls: { readonly images: number; readonly texts: number }[];
}

/** Embeds by hash; a picture with `corrupt` in it fails. */
export function fakeEmbedder(before: () => void = () => undefined): FakeEmbedder {
  const calls: FakeEmbedder['calls'] = [];
  const rowOf = (bytes: Uint8Array | string) => {
    const numbers = [...createHash('sha256').update(bytes).digest().subarray(0, 4)];
    return Float32Array.from(numbers, (number) => number / Math.hypot(...numbers));
  };
  return {
    calls,
    describe: async () => model,
    async encode(images: readonly EncodedImage[], texts): Promise<EncodeAnswer> {
      before();
      calls.push({ images: images.length, texts: texts.length });
      const embeddings = new Float32Array((images.length + texts.length) * model.embedDim);
      const failed = images.flatMap(({ bytes }, index) =>
        Buffer.from(bytes).includes('corrupt')
          ? { kind: 'image' as const, index, code: 'unreadable_image', message: 'it is corrupt' }
          : [],
      );
      const rows = [...images.map(({ bytes }) => rowOf(bytes)), ...texts.map(rowOf)];
      rows.forEach((row, i) => embeddings.set(row, i * model.embedDim));
      for (const { index } of failed) embeddings.fill(0, 4 * index, 4 * index + 4);
      return { embeddings, failed, model };
    },
  };
}

export interface Fixture<T extends ObjectStore = MemoryStore> extends Stores {
  readonly objects: T;
  readonly ingest: (items: readonly object[]) => ReturnType<typeof ingestItems>;
}

/** Versions of stand-ins hold nothing that could be compared. */
export const compare = () =>
  Promise.reject(new DiptychError('index_unreadable', 'there is nothing to compare'));

/** What steps work with: an embedder and a builder that stand in for the real ones. */
export const standInWork = (stores: Stores) => ({
  ...stores,
  embedder: fakeEmbedder(),
  build: async () => ({ version: 'v1' }),
  compare,
  publish: async () => undefined,
});

export const collection = 'things';

/** Create a job of the collection. @throws if the collection has an active job */
export async function newJob({ catalogue }: Pick<Stores, 'catalogue'>): Promise<ActiveJob> {
  const { job, refusedBy } = await createJob(catalogue, { collection, modelHash: model.hash });
  if (!job) throw new Error(`expected no active job, got ${refusedBy}`);
  return job;
}

export async function openFixture(catalogue: Catalogue): Promise<Fixture> {
  return openFixtureOn(catalogue, memoryStore());
}

export async function openFixtureOn<T extends ObjectStore>(
  catalogue: Catalogue,
  objects: T,
): Promise<Fixture<T>> {
  await createCollection(catalogue, collection);
  const fetchImage = () => Promise.reject(new Error('no network'));
  return {
    catalogue,
    objects,
    ingest: (items) => ingestItems({ catalogue, objects, fetchImage }, collection, items),
  };
}

/** Items whose ids sort as their numbers do. */
export const numbered = (count: number, more: (i: number) => object = () => ({})): object[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `item-${String(i).padStart(5, '0')}`,
    image: svg(`picture ${i}`),
    captions: [`caption ${i % 10}`],
    ...more(i),
  }));
