import type { NewShownItem } from '../../../src/version/items.ts';
import type { KeywordConcept, KeywordItem } from '../../../src/search/keywords/keyword-docs.ts';

/** What an index version is built from: a prepared data set with its embeddings, or the plan of a job. */
export interface IndexSource {
  /** That made the embeddings. */
  readonly model: { readonly id: string; readonly hash: string; readonly embedDim: number };
  /** The fingerprint changes when anything but the embeddings does. */
  readonly dataset: { readonly name: string; readonly fingerprint: string };
  /** By ordinal. */
  readonly items: readonly SourceItem[];
  readonly concepts: ReadonlyMap<string, KeywordConcept>;
  /** [items, embedDim], L2-normalised. */
  readonly image: Float32Array;
  /** [captions, embedDim], L2-normalised. */
  readonly caption: Float32Array;
  /** [captions], no two the same, with the ordinals of the items that each describes. */
  readonly captionTexts: readonly { readonly text: string; readonly items: readonly number[] }[];
  /** What else decides the content, for the version id. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Read what the preview of an item is made of; called by rising ordinal, several at a time. */
  readImage(ordinal: number): Promise<SourceImage>;
}

export interface SourceItem extends KeywordItem, NewShownItem {
  readonly id: string;
}

export interface SourceImage {
  readonly bytes: Uint8Array;
  /** Media type. */
  readonly type: string;
}
