import type { NewShownItem } from '../../../src/version/items.ts';
import type { Preprocessing } from '../../../src/image/preprocessing.ts';
import type { StageFiles } from '../../common/stage-files.ts';

/**
 * The prepared data set: what `prepare` writes and every later stage reads.
 *
 *     <dir>/dataset.json      DatasetManifest
 *     <dir>/items.jsonl       one Item a line, in index order
 *     <dir>/concepts.jsonl    one Concept a line (may be empty)
 *     <dir>/pixels.bin        row r at r * size * size * 4: RGBA8, alpha premultiplied; item i is row i,
 *                             views of items are the rows after all items
 *     <dir>/originals.bin     image bytes of items whose image is packed (SVG of pictograms, members of shards)
 *     <dir>/report.json       inputs = prepared + views + skipped, each skip with its reason
 */
export const datasetFormatVersion = 1;

export interface DatasetManifest {
  readonly formatVersion: typeof datasetFormatVersion;
  readonly name: string;
  readonly kind: 'pictograms' | 'folder' | 'coco' | 'tar' | 'parquet';
  /** Side of an image in pixels.bin. */
  readonly imageSize: number;
  readonly counts: {
    readonly items: number;
    readonly concepts: number;
    readonly captions: number;
    /** Number of rows of pixels.bin after the rows of the items; absent for none. */
    readonly views?: number;
  };
  readonly sources: readonly SourceInfo[];
  /** SHA-256 (hex) over items, concepts and pixels: the same for the same content. */
  readonly fingerprint: string;
  /** Digest of the inputs: `prepare` does nothing when it would be the same again. */
  readonly inputKey?: string;
  /** Sizes and checksums; absent in data sets that were prepared before they were kept. */
  readonly files?: StageFiles;
  /** How images became squares; absent: the whole image, centred, with transparent margins. */
  readonly imageRule?: ImageFitRule;
}

/** The part of a model's preprocessing that decides the stored pixels. */
export type ImageFitRule = Pick<Preprocessing, 'resize' | 'crop' | 'resample'>;

export interface SourceInfo {
  readonly name: string;
  readonly version?: string;
  readonly licence?: string;
}

/** Where the bytes of an item's image are: a file, or a slice of originals.bin. */
export type ImageRef =
  | { readonly file: string; readonly type: string }
  | { readonly offset: number; readonly length: number; readonly type: string };

export interface Item extends NewShownItem {
  /** Unique, URL-safe apart from `:` and `/`, e.g. `noto:birthday-cake`, `images/0001.jpg`. */
  readonly id: string;
  /** Captions of this image itself; a pictogram's pool is in its concept. */
  readonly captions: readonly string[];
  /** English tags; a pictogram lists only tags that its concept lacks. */
  readonly tags: readonly string[];
  readonly image: ImageRef;
  /** Concept id; items with the same concept show the same thing. */
  readonly concept?: string;
  /** Class of the image, as its source names it. */
  readonly label?: string;
  /** `mono`: one colour on a transparent ground, which may be recoloured. */
  readonly palette: 'colour' | 'mono';
  readonly split: 'train' | 'validation';
  /** Rows of pixels.bin with the same thing in other styles; training picks one at random. */
  readonly views?: readonly number[];
}

/**
 * A concept and its pool of captions. Ids: an emoji's hexcode in lower case without fe0f
 * (`1f382`, `1f468-200d-1f33e`), or `icon:<name with spaces and case removed>`.
 */
export interface Concept {
  readonly id: string;
  /** English names, the preferred one first. */
  readonly names: readonly string[];
  /** English keywords and tags, names excluded. */
  readonly keywords: readonly string[];
  /** Per language code: names and keywords. */
  readonly languages: Readonly<
    Record<string, { readonly names: readonly string[]; readonly keywords: readonly string[] }>
  >;
  /** Unicode emoji group and subgroup, if any. */
  readonly group?: string;
  readonly subgroup?: string;
}

export interface PrepareReport {
  readonly inputs: number;
  readonly prepared: number;
  /** Number of inputs that became views of an item; absent for none. */
  readonly views?: number;
  readonly skipped: readonly {
    readonly where: string;
    readonly reason: string;
    readonly code: string;
  }[];
}
