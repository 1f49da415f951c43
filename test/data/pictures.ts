import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { openDataset, openPixels } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import type { PrepareReport } from '../../gpu-embedder/data/prepared/prepared.ts';

const colours = { red: [255, 0, 0], green: [0, 128, 0], blue: [0, 0, 255] } as const;

/** A square of one colour as PNG. */
export const picture = (background: keyof typeof colours): Promise<Buffer> =>
  sharp({ create: { width: 16, height: 16, channels: 3, background } })
    .png()
    .toBuffer();

/** List the items of a prepared data set, each with the colour of its pixels: `red: a red square`. */
export function pairsOf(out: string): string[] {
  const dataset = openDataset(out);
  const pixels = openPixels(dataset);
  const pairs = dataset.items.map(({ captions }, i) => {
    const [r, g, b] = pixels.read(i);
    const found = Object.entries(colours).find(
      ([, rgb]) => rgb[0] === r && rgb[1] === g && rgb[2] === b,
    );
    return `${found?.[0]}: ${captions.join(' | ')}`;
  });
  pixels.close();
  return pairs;
}

export const skipsOf = (out: string): PrepareReport['skipped'] =>
  (JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as PrepareReport).skipped;

/** List the skips of a data set as `place code`, in the order of places. */
export const codesOf = (out: string): string[] =>
  skipsOf(out)
    .map(({ where, code }) => `${where} ${code}`)
    .sort();
