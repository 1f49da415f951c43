import { z } from 'zod';
import { shownFields } from '../version/items.ts';
import type { ItemRow } from '../catalogue/schema/tables.ts';
import { titleOf } from './title.ts';

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

/**
 * An item to be written. A field that is left out keeps what the stored item has; null or an empty list
 * removes it. The title null stands for the one that `titleOf` chooses.
 */
export type NewItem = Pick<WholeItem, 'id'> &
  Partial<Omit<WholeItem, 'title'>> & { readonly title?: string | null };

/** What a field of an item is if nothing was ever said about it. */
const nothing = {
  ...{ set: null, label: null, imageHash: null, width: null, height: null, metadata: null },
  ...{ captions: [], tags: [] },
};

/**
 * Fill in the fields that an item leaves out.
 *
 * @param stored - the item of this id as it is; undefined for a new one
 */
export function wholeItem(item: NewItem, stored?: WholeItem): WholeItem {
  const before = stored ?? nothing;
  const { id, set = before.set, label = before.label, imageHash = before.imageHash } = item;
  const { width = before.width, height = before.height, metadata = before.metadata } = item;
  const { captions = before.captions, tags = before.tags } = item;
  const fields = { id, set, label, imageHash, width, height, captions, tags, metadata };
  // A title that was derived is derived again, so that it follows the captions.
  const given =
    stored && stored.title !== titleOf({ ...stored, title: null }) ? stored.title : null;
  const { title = given } = item;
  return { ...fields, title: title ?? titleOf(fields) };
}

/** An item to be written, with the hash of its content. */
export interface HashedItem extends WholeItem {
  readonly contentHash: string;
}

/** Take what was written of an item from the catalogue's. */
export function toHashedItem({ captions, ...item }: CatalogueItem): HashedItem {
  return { ...item, captions: captions.map(({ text }) => text) };
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
