import { z } from 'zod';

/** Width or height in pixels. */
const side = z.int().positive().nullable();

/**
 * The fields of an item that every result shows, besides its id and its image. The builder of an
 * index takes them with each item, and a version keeps them.
 */
export const shownFields = {
  /** The name that people see: "birthday cake". */
  title: z.string(),
  set: z.string().optional(),
  /** Pixels of the original image as it is shown; null where the file has no size, like an SVG. */
  width: side.default(null),
  height: side.default(null),
};

export const shownSchema = z.object(shownFields);

/** The shown fields as they are read: fields with a default are always there. */
export type ShownItem = Readonly<z.output<typeof shownSchema>>;
/** The shown fields as they are written: fields with a default may be left out. */
export type NewShownItem = Readonly<z.input<typeof shownSchema>>;

export interface IndexedItem extends NewShownItem {
  readonly id: string;
  /** The bytes of the preview in previews.bin. */
  readonly preview: { readonly offset: number; readonly length: number; readonly type: string };
}
