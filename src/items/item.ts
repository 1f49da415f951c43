import { z } from 'zod';
import { shownFields } from '../version/items.ts';
import type { ItemRow } from '../catalogue/schema/tables.ts';

/** A caption of an item in the catalogue. */
export interface StoredCaption {
  readonly text: string;
  readonly textHash: string;
}

/** An item as the catalogue gives it: its row, with names and JSON as the API has them. */
export interface CatalogueItem extends Omit<
  ItemRow,
  'collection' | 'setName' | 'captionCount' | 'tags' | 'metadata'
> {
  readonly set: string | null;
  readonly captions: readonly StoredCaption[];
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** What the catalogue itself notes of an item. */
type Noted = 'contentHash' | 'createdAt' | 'updatedAt' | 'deletedAt';

/** All that is written of an item. */
export interface WholeItem extends Omit<CatalogueItem, 'captions' | Noted> {
  readonly captions: readonly string[];
}

/** An item to be written; what is left out is null or empty. */
export type NewItem = Pick<WholeItem, 'id' | 'title'> & Partial<WholeItem>;

/** Say of a new item what it leaves out. */
export function wholeItem(item: NewItem): WholeItem {
  const { id, title, set = null, label = null, imageHash = null } = item;
  const { width = null, height = null, captions = [], tags = [], metadata = null } = item;
  return { id, title, set, label, imageHash, width, height, captions, tags, metadata };
}

/** An item to be written, with the hash of all that it holds. */
export interface HashedItem extends WholeItem {
  readonly contentHash: string;
}

/** The row of an item that is written now. */
export function toItemRow(
  collection: string,
  { set, captions, tags, metadata, ...columns }: HashedItem,
  now: number,
): ItemRow {
  return {
    ...columns,
    collection,
    setName: set,
    captionCount: captions.length,
    tags: JSON.stringify(tags),
    metadata: metadata && JSON.stringify(metadata),
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
}

/** The item of a row. */
export function fromItemRow(
  { setName, tags, metadata, ...columns }: Omit<ItemRow, 'collection' | 'captionCount'>,
  captions: readonly StoredCaption[],
): CatalogueItem {
  return {
    ...columns,
    set: setName,
    captions,
    // Only `toItemRow` writes these columns.
    tags: JSON.parse(tags) as string[],
    metadata: metadata === null ? null : (JSON.parse(metadata) as Record<string, unknown>),
  };
}

/** What an index is built from, besides the image and the captions: the pages of a job hold it. */
export const indexedFields = {
  id: z.string().min(1),
  ...shownFields,
  label: z.string().optional(),
  tags: z.array(z.string()),
};

const indexedSchema = z.object(indexedFields);

/** Take what an index is built from out of an item of the catalogue. */
export function toIndexedFields(item: CatalogueItem): z.infer<typeof indexedSchema> {
  const known = Object.entries(item).filter(([, value]) => value !== null);
  return indexedSchema.parse(Object.fromEntries(known));
}
