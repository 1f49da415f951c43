import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { prepareSource } from '../../gpu-embedder/data/prepare/prepare-source.ts';
import { openDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import type { ImageMetadata, Source } from '../../gpu-embedder/data/readers/source.ts';
import { ingestSource } from '../../gpu-embedder/operate/ingest/ingest-source.ts';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { createCollection } from '../../src/catalogue/collections.ts';
import { listItems } from '../../src/items/items.ts';
import { ingestItems } from '../../src/items/ingest/ingest-items.ts';
import { startD1 } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';
import { memoryStore } from '../support/memory-store.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-title-'));
const collection = 'titles';
const databases = useDatabases(startD1);
let catalogue: Catalogue;

beforeAll(async () => {
  catalogue = await databases.open();
  await createCollection(catalogue, collection);
}, 60_000);
afterAll(async () => {
  rmSync(root, { recursive: true });
});

const metadata: Readonly<Record<string, ImageMetadata>> = {
  titled: { title: 'A title', captions: ['a caption'], label: 'a label', tags: [] },
  captioned: { captions: ['a caption', 'another'], label: 'a label', tags: [] },
  labelled: { captions: [], label: 'a label', tags: ['a tag'] },
  silent: { captions: [], tags: ['a tag'] },
};

async function source(): Promise<Source> {
  const bytes = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  return {
    ...{ kind: 'tar', names: ['pictures'], key: 'pictures' },
    progress: { label: 'Reading', total: 0 },
    async *entries() {
      for (const [id, about] of Object.entries(metadata)) {
        yield { where: id, id, image: { bytes }, ...about };
      }
    },
  };
}

it('is the same whether an item is prepared or ingested', async () => {
  const titles = {
    titled: 'A title',
    captioned: 'a caption',
    labelled: 'a label',
    silent: 'silent',
  };
  await prepareSource(await source(), { out: join(root, 'data') });
  const prepared = openDataset(join(root, 'data')).items.map(({ id, title }) => [id, title]);
  expect(Object.fromEntries(prepared)).toEqual(titles);

  const objects = memoryStore();
  const fetchImage = () => Promise.reject(new Error('no item has an address'));
  const ingestion = { catalogue, objects, fetchImage };
  await ingestSource(await source(), (items) => ingestItems(ingestion, collection, items), 0);
  const { items } = await listItems(catalogue, { collection, limit: 10 });
  expect(Object.fromEntries(items.map(({ id, title }) => [id, title]))).toEqual(titles);
});
