import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { html, raw } from 'hono/html';
import sharp from 'sharp';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { queryRowsSvg } from '../../data/pictures/contact-sheet-svg.ts';
import {
  queryRowsHtml,
  queryRowsStyle,
  type Picture,
  type QueryRow,
} from '../../data/pictures/contact-sheet.ts';
import { thumbnailDataUri } from '../../data/pictures/thumbnail.ts';
import type { WorstQuery } from '../queries/worst-queries.ts';

/** Pixels; twice the size on the page, for screens with two pixels per CSS pixel. */
const thumbnailSide = 192;

/**
 * Write a contact sheet with the text of each query, the right image, its rank, and the images
 * that were ranked first.
 *
 * @param path - .html for one self-contained file, .png for one picture
 */
export async function writeSheet(
  path: string,
  title: string,
  dataset: PreparedDataset,
  queries: readonly WorstQuery[],
): Promise<void> {
  const isPng = extname(path) === '.png';
  const pictures = new Map<number, string>();
  for (const { item, nearest } of queries) {
    for (const ordinal of [item, ...nearest.map((found) => found.item)]) {
      if (pictures.has(ordinal)) continue;
      const source = dataset.items[ordinal];
      pictures.set(ordinal, await thumbnailDataUri(dataset, source, thumbnailSide));
    }
  }
  const rows = queries.map((query) => toRow(dataset, pictures, query));
  const sheet = isPng
    ? await sharp(Buffer.from(queryRowsSvg(title, rows)), { unlimited: true })
        .png()
        .toBuffer()
    : page(title, rows);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, sheet);
}

function toRow(
  dataset: PreparedDataset,
  pictures: ReadonlyMap<number, string>,
  { text, language, rank, item, nearest }: WorstQuery,
): QueryRow {
  const picture = (ordinal: number): Picture => {
    const { id, title } = dataset.items[ordinal];
    return { src: pictures.get(ordinal)!, title: title === '' ? id : title };
  };
  return {
    query: text,
    rank,
    note: language,
    right: { ...picture(item), note: 'wanted' },
    nearest: nearest.map(({ item: ordinal, score, right }, i) => ({
      ...picture(ordinal),
      note: `${i + 1}: ${score.toFixed(3)}`,
      right,
    })),
  };
}

function page(title: string, rows: readonly QueryRow[]): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          :root {
            color-scheme: light dark;
          }
          body {
            font-family: system-ui, sans-serif;
            max-width: 52rem;
            margin: 2rem auto;
            padding: 0 1rem;
          }
          h1 {
            font-size: 1.25rem;
          }
          ${raw(queryRowsStyle)}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        <p>
          The first image is the one that the text describes; the others were ranked first, each
          with its cosine.
        </p>
        ${raw(queryRowsHtml(rows))}
      </body>
    </html> `.toString();
}
