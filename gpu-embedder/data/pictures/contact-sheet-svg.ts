import { html } from 'hono/html';
import type { Picture, QueryRow } from './contact-sheet.ts';

const side = 96;
const gap = 16;
const rowHeight = side + 84;
const top = 56;
/** The results start further right, so that the right picture stands apart from them. */
const foundAt = gap + side + 3 * gap;
/** Letters that fit under a picture at the size of its caption. */
const captionLetters = 16;

/** Largest height that the drawing library supports, pixels. */
const maxHeight = 32_767;

/** Number of rows that fit into one drawing. */
export const maxSvgRows = Math.floor((maxHeight - top) / rowHeight);

/** Draw queries as one picture: each with the right picture and the pictures that were found. */
export function queryRowsSvg(title: string, rows: readonly QueryRow[]): string {
  const most = Math.max(...rows.map(({ nearest }) => nearest.length));
  const width = Math.max(720, foundAt + most * (side + gap));
  const height = top + rows.length * rowHeight;
  const drawn = rows.map((row, i) => drawRow(row, top + i * rowHeight, width));
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${width}"
    height="${height}"
    font-family="sans-serif"
    font-size="11"
  >
    <rect width="100%" height="100%" fill="#fff" />
    <text x="${gap}" y="34" font-size="18" font-weight="bold">${printable(title, 70)}</text>
    ${drawn}
  </svg>`.toString();
}

function drawRow({ query, rank, note, right, nearest }: QueryRow, y: number, width: number) {
  const place = `rank ${rank}${note === undefined ? '' : `, ${note}`}`;
  const found = nearest.map((one, i) => draw(one, foundAt + i * (side + gap), y + 34, one.right));
  return html`<path d="M${gap} ${y} H${width - gap}" stroke="#ddd" />
    <text x="${gap}" y="${y + 22}" font-size="14">
      ${printable(query, 70)}<tspan fill="#666" dx="10" font-size="12">${place}</tspan>
    </text>
    ${draw(right, gap, y + 34, true)}${found}`;
}

function draw({ src, title, note }: Picture, x: number, y: number, right = false) {
  const [stroke, strokeWidth] = right ? ['#2b9348', 3] : ['#ddd', 1];
  const under = y + side + 15;
  return html`<image href="${src}" x="${x}" y="${y}" width="${side}" height="${side}" />
    <rect
      x="${x}"
      y="${y}"
      width="${side}"
      height="${side}"
      fill="none"
      stroke="${stroke}"
      stroke-width="${strokeWidth}"
    />
    <text x="${x}" y="${under}">${right ? '✓ ' : ''}${printable(title, captionLetters)}</text>
    <text x="${x}" y="${under + 14}" fill="#666">${printable(note ?? '', captionLetters)}</text>`;
}

/** Shorten a text to `letters` and drop the characters that XML does not allow. */
function printable(text: string, letters: number): string {
  const clean = text.replace(/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu, ' ');
  const parts = [...new Intl.Segmenter().segment(clean)].map(({ segment }) => segment);
  return parts.length <= letters ? clean : `${parts.slice(0, letters - 1).join('')}…`;
}
