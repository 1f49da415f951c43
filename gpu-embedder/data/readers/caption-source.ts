import type { ImageMetadata, Skip } from './source.ts';

/** One row of a captions file: an image and its metadata. */
export interface CaptionRow extends ImageMetadata {
  /** Place in the source, for the report: `captions.csv:12`. */
  readonly where: string;
  /** Default: the path of the image. */
  readonly id?: string;
  /** Path of the image under the images' folder. */
  readonly image: string;
}

/** A row that is left out; `image` is known where the row could be read that far. */
export type SkippedRow = Skip & { readonly image?: string };

/** A row as the readers of captions files yield it: usable or skipped. */
export type CaptionEntry = CaptionRow | SkippedRow;
