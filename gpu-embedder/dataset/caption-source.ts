import type { Said, Skip } from './source.ts';

/** What one row of a captions source says about an image. */
export interface CaptionRow extends Said {
  /** Place in the source, for the report: `captions.csv:12`. */
  readonly where: string;
  /** Without an id the image's path is one. */
  readonly id?: string;
  /** Path of the image under the images' folder. */
  readonly image: string;
}

/** A captions source, read: rows that have an image's name and a caption, and all that do not. */
export interface CaptionSource {
  readonly rows: readonly CaptionRow[];
  readonly skipped: readonly Skip[];
  /** Images that the source names, in whatever row. */
  readonly mentioned: ReadonlySet<string>;
}
