import type { Said, Skip } from './source.ts';

/** What one row of a captions file says about an image. */
export interface CaptionRow extends Said {
  /** Place in the source, for the report: `captions.csv:12`. */
  readonly where: string;
  /** Without an id the image's path is one. */
  readonly id?: string;
  /** Path of the image under the images' folder. */
  readonly image: string;
}

/** A row that is left out, and the image that it names nevertheless. */
export type SkippedRow = Skip & { readonly image?: string };

/** What a captions file gives, row by row. */
export type CaptionEntry = CaptionRow | SkippedRow;
