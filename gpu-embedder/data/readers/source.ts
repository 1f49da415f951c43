import type { DatasetManifest, Item, PrepareReport } from '../prepared/prepared.ts';

/** The texts and classes that a source gives an image: at least a caption or a label. */
export interface ImageMetadata {
  readonly captions: readonly string[];
  readonly tags: readonly string[];
  readonly label?: string;
  readonly split?: Item['split'];
  readonly title?: string;
  readonly set?: string;
}

/** An image of a source with its place and its metadata. */
export interface SourceItem extends ImageMetadata {
  /** Place in the source, for the report: `captions.csv:12`. */
  readonly where: string;
  readonly id: string;
  readonly image: { readonly file: string } | { readonly bytes: Uint8Array };
}

/** One input that is left out, and why. */
export type Skip = PrepareReport['skipped'][number];

/** Where a data set comes from. */
export interface Source {
  readonly kind: DatasetManifest['kind'];
  /** Names of the files that it is read from, for dataset.json and messages. */
  readonly names: readonly string[];
  /** Any JSON value that changes when the source changes. */
  readonly key: unknown;
  readonly progress: { readonly label: string; readonly total: number };
  /**
   * Read the source from its beginning; each input gives an item or a skip. Call it only once.
   *
   * @param onProgress - called with the part of `progress.total` that is read
   */
  entries(onProgress: (done: number) => void): AsyncIterable<SourceItem | Skip>;
  /** Release files that the source holds open; it cannot be read afterwards. */
  close?(): void;
}
