import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { prepareSource } from '../../gpu-embedder/data/prepare/prepare-source.ts';
import { openDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import type { Source } from '../../gpu-embedder/data/readers/source.ts';
import { listItems } from '../../src/items/items.ts';
import { collection, openFixture } from '../jobs/job-fixture.ts';
import { startD1 } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';

const picture = sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } });
const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><path d="M0 0h9v9"/></svg>';

const formats = ['avif', 'jpeg', 'png', 'tiff', 'webp'] as const;
const sizes = {
  svg: [null, null],
  ...Object.fromEntries(formats.map((format) => [`${format}-1`, [30, 20]])),
  ...Object.fromEntries(formats.map((format) => [`${format}-6`, [20, 30]])),
};

let images: [string, Buffer][];
const databases = useDatabases(startD1);
let dir: string;
beforeAll(async () => {
  const named = [1, 6].flatMap((orientation) =>
    formats.map(async (format): Promise<[string, Buffer]> => {
      const image = picture.clone().withMetadata({ orientation }).toFormat(format);
      return [`${format}-${orientation}`, await image.toBuffer()];
    }),
  );
  images = [['svg', Buffer.from(svg)], ...(await Promise.all(named))];
  dir = await mkdtemp(join(tmpdir(), 'diptych-sizes-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

it('are noted where items are taken in, as the images are shown', async () => {
  const { catalogue, ingest } = await openFixture(await databases.open());
  await ingest([
    ...images.map(([id, bytes]) => ({ id, image: bytes.toString('base64') })),
    { id: 'words', captions: ['no picture'] },
  ]);
  const { items } = await listItems(catalogue, { collection, limit: 99 });
  const noted = items.map(({ id, width, height }) => [id, [width, height]]);
  expect(Object.fromEntries(noted)).toEqual({ ...sizes, words: [null, null] });
});

it('are the same in a prepared data set', async () => {
  const source: Source = {
    kind: 'tar',
    names: ['pictures'],
    key: 'pictures',
    progress: { label: 'Decoding', total: 0 },
    async *entries() {
      for (const [id, bytes] of images) {
        yield { where: id, id, image: { bytes }, captions: ['a picture'], tags: [] };
      }
    },
  };
  const out = join(dir, 'data');
  await prepareSource(source, { imageSize: 16, out });
  const prepared = openDataset(out).items.map(
    ({ id, width = null, height = null }) => [id, [width, height]] as const,
  );
  expect(Object.fromEntries(prepared)).toEqual(sizes);
});
