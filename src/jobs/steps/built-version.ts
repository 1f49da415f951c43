import { z } from 'zod';

/** What a builder reports about the version that it made. */
export const builtVersionSchema = z.object({
  version: z.string().min(1),
  items: z.int().min(0),
  captions: z.int().min(0),
  bytes: z.int().min(0),
});

export type BuiltVersion = z.infer<typeof builtVersionSchema>;
