import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const rows = 1_000_000;
const images = 2000;
const present = 5;

/** The rows of one image are far apart, so a reader must remember more than the row before. */
async function writeListing(file: string): Promise<void> {
  const stream = createWriteStream(file);
  for (let start = 0; start < rows; start += 1000) {
    const lines = Array.from({ length: 1000 }, (_, i) => {
      const image = `${(start + i) % images}.png`;
      return `{"image":"${image}","caption":"caption ${start + i}, as long as people write them"}\n`;
    });
    if (!stream.write(lines.join(''))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}

test('a listing of 1,000,000 rows is read in less than 500 MB', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-listing-'));
  try {
    for (let i = 0; i < present; i++) await writeFile(join(dir, `${i}.png`), 'no matter what');
    const listing = join(dir, 'listing.jsonl');
    await writeListing(listing);
    // The reader runs in a process of its own, so that only its memory is measured.
    const args = ['--import', 'tsx', 'test/operate/ingest/list-source.ts', dir, listing];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { counts, saidOfItems, peakBytes } = JSON.parse(stdout) as {
      counts: Record<string, number>;
      saidOfItems: number;
      peakBytes: number;
    };
    expect(counts).toEqual({ item: present, caption_without_image: images - present });
    expect(saidOfItems).toBe((present * rows) / images);
    expect(peakBytes).toBeLessThan(500e6);
  } finally {
    await rm(dir, { recursive: true });
  }
}, 300_000);
