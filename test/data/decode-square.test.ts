import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeSquare } from '../../gpu-embedder/data/prepared/decode-square.ts';

test('a wide picture is kept whole, in the middle, transparent above and below', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'diptych-')), 'wide.png');
  const background = { r: 200, g: 100, b: 50 };
  await sharp({ create: { width: 80, height: 40, channels: 3, background } }).toFile(file);
  const { pixels, type } = await decodeSquare(file, 16);
  const at = (x: number, y: number) => [...pixels.subarray((y * 16 + x) * 4, (y * 16 + x) * 4 + 4)];
  expect(type).toBe('image/png');
  expect(at(8, 0)).toEqual([0, 0, 0, 0]);
  expect(at(8, 15)).toEqual([0, 0, 0, 0]);
  for (const x of [0, 8, 15]) expect(at(x, 8)).toEqual([200, 100, 50, 255]);
});
