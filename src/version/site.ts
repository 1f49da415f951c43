import { z } from 'zod';

/** `site.json` at the root of a folder that `diptych export static` wrote. */
export const siteFile = 'site.json';

/** Artifacts lie below it under their keys in the store. */
export const siteStorePrefix = 'store/';

/** `/` between parts, none of which leads out of the folder. */
const path = z
  .string()
  .refine(
    (value) => value.split('/').every((part) => !/^\.{0,2}$/.test(part) && !/[\\\0]/.test(part)),
    'expected a relative path',
  );

export const siteSchema = z.object({
  format: z.literal('diptych static site'),
  formatVersion: z.literal(1),
  /** False while files are being written: what is there belongs to the export and is of no use yet. */
  complete: z.boolean(),
  collection: z.string().min(1),
  /** Version of the index. */
  version: z.string().min(1),
  /** Every file of the export but this one, by path relative to the folder. */
  files: z.record(
    path,
    z.object({
      /** Of the file as it lies there. */
      bytes: z.number().int().min(0),
      /** What it was made of, where the file is its gzip form (whatever its name). */
      gunzipped: z.number().int().min(0).optional(),
    }),
  ),
});

export type Site = z.infer<typeof siteSchema>;
export type SiteEntry = Site['files'][string];
