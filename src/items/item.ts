import { z } from 'zod';
import { shownFields } from '../version/items.ts';
import type { ItemRow } from '../catalogue/schema/tables.ts';

/** A caption of an item in the catalogue. */
export interface StoredCaption {
  readonly text: string;
  readonly textHash: string;
}

/** An item as it is read from the catalogue: its row, with the names and the JSON of the API. */
export interface CatalogueItem extends Omit<
  ItemRow,
  'collection' | 'setName' | 'captionCount' | 'tags' | 'metadata'
> {
  readonly set: string | null;
  readonly captions: readonly StoredCaption[];
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** Columns that the catalogue fills in itself. */
type Noted = 'contentHash' | 'createdAt' | 'updatedAt' | 'deletedAt';

/** An item with all fields that are written. */
export interface WholeItem extends Omit<CatalogueItem, 'captions' | Noted> {
  readonly captions: readonly string[];
}

/** An item to be written; a field that is left out becomes null or empty. */
export type NewItem = Pick<WholeItem, 'id' | 'title'> & Partial<WholeItem>;

/** Fill in the fields that a new item leaves out. */
export function wholeItem(item: NewItem): WholeItem {
  const { id, title, set = null, label = null, imageHash = null } = item;
  const { width = null, height = null, captions = [], tags = [], metadata = null } = item;
  return { id, title, set, label, imageHash, width, height, captions, tags, metadata };
}

/** An item to be written, with the hash of its content. */
export interface HashedItem extends WholeItem {
  readonly contentHash: string;
}

/** Make the row of an item that is written now. */
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

/** Read an item from its row. */
export function fromItemRow(
  { setName, tags, metadata, ...columns }: Omit<ItemRow, 'collection' | 'captionCount'>,
  captions: readonly StoredCaption[],
): CatalogueItem {
  return {
    ...columns,
    set: setName,
    captions,
    // The casts are safe, because only `toItemRow` writes these columns.
    tags: JSON.parse(tags) as string[],
    metadata: metadata === null ? null : (JSON.parse(metadata) as Record<string, unknown>),
  };
}

/** Fields that an index needs besides the image and the captions. The pages of a job hold them. */
export const indexedFields = {
  id: z.string().min(1),
  ...shownFields,
  label: z.string().optional(),
  tags: z.array(z.string()),
};

const indexedSchema = z.object(indexedFields);

/** Take the fields that an index needs from an item of the catalogue. */
export function toIndexedFields(item: CatalogueItem): z.infer<typeof indexedSchema> {
  const known = Object.entries(item).filter(([, value]) => value !== null);
  return indexedSchema.parse(Object.fromEntries(known));
}
