import type { IndexReference, PartialAnswer } from '../http/api.ts';
import type { Manifest } from '../version/manifest.ts';
import type { CaptionTable } from '../version/tables/caption-table.ts';
import type { ItemTable } from '../version/tables/item-table.ts';
import type { KeywordIndex } from './keywords/keyword-index.ts';
import type { QueryModel } from './query-model.ts';
import type { VectorSearch } from './vector-search.ts';

/** The part of an index version that is needed to show its items. */
export interface CollectionItems {
  readonly reference: IndexReference;
  readonly manifest: Manifest;
  readonly items: ItemTable;
  /** Ids of items that were deleted after the version was built. No answer may show them. */
  readonly hidden?: ReadonlySet<string>;
}

/** An index version that can be searched, with the model that it was built with. */
export interface Collection extends CollectionItems {
  readonly model: QueryModel;
  readonly images: VectorSearch;
  readonly captions: VectorSearch;
  /** Given where some of the vectors could not be loaded. */
  readonly partial?: PartialAnswer;
  readonly captionTable: CaptionTable;
  readonly keywords: KeywordIndex;
}
