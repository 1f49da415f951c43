import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  checkImageBytes,
  defaultItemLimits,
} from '../gpu-embedder/embed/service/embedder/item-limits.ts';
import { defaultServiceLimits } from '../gpu-embedder/embed/service/service-limits.ts';
import { readImage } from '../src/items/ingest/read-image.ts';
import { limits } from '../src/limits.ts';
import { memoryStore } from './support/memory-store.ts';

const mebibytes = (bytes: number) => `${bytes / 1024 / 1024} MiB`;
const millions = (pixels: number) => `${pixels / 1e6} million pixels`;

const sources = {
  objects: memoryStore(),
  fetchImage: () => Promise.reject(new Error('no image has an address')),
};

/** Ingest a PNG that claims a size, of so many bytes. */
async function ingest(width: number, height: number, length?: number) {
  const created = sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } });
  const png = await created.png().toBuffer();
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  const filled = Buffer.concat([png, Buffer.alloc(Math.max(0, (length ?? 0) - png.length))]);
  return readImage({ base64: filled.toString('base64') }, sources);
}

describe('an image that is ingested', () => {
  it('may be as large as what encodes it takes', async () => {
    const { bytes } = await ingest(10_000, 10_000, limits.imageBytes);
    expect(bytes.length).toBe(limits.imageBytes);
    expect(10_000 * 10_000).toBe(defaultItemLimits.imagePixels);
    checkImageBytes(bytes, defaultItemLimits);
    expect(bytes.length).toBeLessThan(defaultServiceLimits.bodyBytes);
  });

  it.each([
    ['pixels', 10_000, 10_001, undefined],
    ['bytes', 10, 10, limits.imageBytes + 1],
  ])('may have no more %s', async (unit, width, height, length) => {
    await expect(ingest(width, height, length)).rejects.toMatchObject({
      code: 'payload_too_large',
      message: expect.stringMatching(new RegExp(`expected at most \\d+ ${unit}, got`)),
    });
  });
});

it('a request that holds the largest image as base64 has room for its fields', () => {
  const base64 = Buffer.alloc(limits.imageBytes).toString('base64').length;
  expect(limits.jsonBytes).toBe(base64 + limits.fieldBytes);
  expect(limits.jsonBytes).toBeLessThan(limits.batchBytes);
});

it.each([
  ['api', [mebibytes(limits.imageBytes), millions(limits.imagePixels)]],
  [
    'images',
    [
      mebibytes(limits.imageBytes),
      mebibytes(limits.embedderImageBytes),
      millions(limits.imagePixels),
    ],
  ],
  [
    'reindexing',
    [mebibytes(limits.imageBytes), millions(limits.imagePixels), mebibytes(limits.batchBytes)],
  ],
  ['versions', [mebibytes(limits.objectBytes), mebibytes(limits.objectPartBytes)]],
  [
    'embedder',
    [
      mebibytes(limits.embedderBodyBytes),
      mebibytes(limits.embedderImageBytes),
      mebibytes(limits.embedderQueuedBytes),
      millions(limits.imagePixels),
    ],
  ],
])('docs/%s.md says the limits of the table', (name, said) => {
  const text = readFileSync(`docs/${name}.md`, 'utf8');
  for (const limit of said) expect(text).toContain(limit);
});
