import type { NewShownItem } from '../../../src/version/items.ts';
import type { KeywordConcept, KeywordItem } from '../../../src/search/keywords/keyword-docs.ts';

/** What an index version is built from: a prepared data set with its embeddings, or the plan of a job. */
export interface IndexSource {
  /** The model that made the embeddings. */
  readonly model: { readonly id: string; readonly hash: string; readonly embedDim: number };
  /** The fingerprint changes if anything except the embeddings changes. */
  readonly dataset: { readonly name: string; readonly fingerprint: string };
  /** In the order of their ordinals. */
  readonly items: readonly IndexSourceItem[];
  readonly concepts: ReadonlyMap<string, KeywordConcept>;
  /** [items, embedDim], L2-normalised. */
  readonly image: Float32Array;
  /** [captions, embedDim], L2-normalised. */
  readonly caption: Float32Array;
  /** [captions], all different, each with the ordinals of the items that it describes. */
  readonly captionTexts: readonly { readonly text: string; readonly items: readonly number[] }[];
  /** Other inputs that decide the content; the version id covers them. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Read the image that the preview is made of. Calls are in order, several at the same time. */
  readImage(ordinal: number): Promise<SourceImage>;
}

export interface IndexSourceItem extends KeywordItem, NewShownItem {
  readonly id: string;
}

export interface SourceImage {
  readonly bytes: Uint8Array;
  /** Media type. */
  readonly type: string;
}
