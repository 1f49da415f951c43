import { z } from 'zod';

/** `site.json` at the root of a folder that `diptych export static` wrote. */
export const siteFile = 'site.json';

/** Published files lie below this folder, under their keys in the store. */
export const siteStorePrefix = 'store/';

/** A path relative to the folder. No part of it leads out of the folder. */
const path = z
  .string()
  .refine(
    (value) => value.split('/').every((part) => !/^\.{0,2}$/.test(part) && !/[\\\0]/.test(part)),
    'expected a relative path',
  );

export const siteSchema = z.object({
  format: z.literal('diptych static site'),
  formatVersion: z.literal(1),
  /** False while files are being written: the folder is an export, but not complete yet. */
  complete: z.boolean(),
  collection: z.string().min(1),
  /** Version of the index. */
  version: z.string().min(1),
  /** Every file of the export except `site.json`, by its path. */
  files: z.record(
    path,
    z.object({
      /** Size of the file in the folder. */
      bytes: z.number().int().min(0),
      /** Size of the content where the file holds it in gzip form, which its name need not show. */
      gunzipped: z.number().int().min(0).optional(),
    }),
  ),
});

export type Site = z.infer<typeof siteSchema>;
export type SiteEntry = Site['files'][string];
