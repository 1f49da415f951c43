import { html } from 'hono/html';

export { thumbnailDataUri } from './thumbnail.ts';

/** A picture with its caption on a page. */
export interface Picture {
  /** Data URI. */
  readonly src: string;
  readonly title: string;
  /** A second line: the set, a score. */
  readonly note?: string;
  /** Whether it is a right answer. */
  readonly right?: boolean;
}

/** A query with its right answer and its results. */
export interface QueryRow {
  readonly query: string;
  /** Rank of the first right picture, from 1. */
  readonly rank: number;
  /** A text beside the rank. */
  readonly note?: string;
  readonly right: Picture;
  /** What was found, best first. */
  readonly nearest: readonly Picture[];
}

/** Styles of {@link queryRowsHtml}; colours derive from the text colour of the page. */
export const queryRowsStyle = `
.query { border-top: 1px solid color-mix(in srgb, currentColor 18%, transparent); padding: .9rem 0 }
.query h3 { font-size: 1rem; font-weight: 600; margin: 0 0 .6rem; overflow-wrap: anywhere }
.query h3 small { font-weight: 400; opacity: .7; margin-inline-start: .5rem; white-space: nowrap }
.query > div { display: flex; gap: 1.5rem; align-items: flex-start }
.query ol { display: flex; flex-wrap: wrap; gap: .75rem; list-style: none; margin: 0; padding: 0 }
.query figure { width: 6rem; margin: 0; font-size: .75rem; line-height: 1.3 }
.query img { display: block; box-sizing: border-box; width: 6rem; height: 6rem; background: #fff;
  border: 1px solid color-mix(in srgb, currentColor 18%, transparent); border-radius: .4rem }
.query .right img { border: 3px solid #2b9348 }
.query figcaption { margin-top: .3rem; overflow-wrap: anywhere }
.query figcaption small { display: block; opacity: .7 }
@media (max-width: 40rem) {
  .query > div { gap: .9rem }
  .query figure, .query img { width: 4.2rem }
  .query img { height: 4.2rem }
}`;

/** Make the HTML of queries: each with the right picture and the pictures that were found. */
export function queryRowsHtml(rows: readonly QueryRow[]): string {
  return rows.map(rowHtml).join('\n');
}

function rowHtml({ query, rank, note, right, nearest }: QueryRow): string {
  const found = nearest.map((picture) => html`<li>${figure(picture, picture.right)}</li>`);
  return html`<section class="query">
    <h3><bdi>${query}</bdi><small>rank ${rank}${note === undefined ? '' : `, ${note}`}</small></h3>
    <div>
      ${figure(right, true)}
      <ol>
        ${found}
      </ol>
    </div>
  </section>`.toString();
}

function figure({ src, title, note }: Picture, right = false) {
  const second = note === undefined ? '' : html`<small>${note}</small>`;
  return html`<figure class="${right ? 'right' : 'other'}">
    <img src="${src}" alt="" />
    <figcaption>${right ? '✓ ' : ''}<bdi>${title}</bdi>${second}</figcaption>
  </figure>`;
}
