import type { DatasetManifest, Item, PrepareReport } from './prepared.ts';

/** What a source says about an image; of captions and label, one is there at least. */
export interface Said {
  readonly captions: readonly string[];
  readonly tags: readonly string[];
  readonly label?: string;
  readonly split?: Item['split'];
  readonly title?: string;
  readonly set?: string;
}

/** An image of a source, where it is and what is said about it. */
export interface SourceItem extends Said {
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
  /** Files that are named as its origin. */
  readonly names: readonly string[];
  /** What changes when the source does. */
  readonly key: unknown;
  readonly progress: { readonly label: string; readonly total: number };
  /**
   * Read it once from its beginning; each input is an item or a skip.
   *
   * @param onProgress - told how much of `progress.total` is read
   */
  entries(onProgress: (done: number) => void): AsyncIterable<SourceItem | Skip>;
  /** Give back what it holds, if anything; nothing can be read afterwards. */
  close?(): void;
}
