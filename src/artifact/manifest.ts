import { z } from 'zod';
import { fusionSchema } from '../query/fusion-weights.ts';
import { quantisations } from './quantise.ts';

export const manifestFormatVersion = 2;

/** What a search finds of what exact float32 search finds, by how many candidates it keeps. */
const effortSchema = z.object({
  efSearch: z.number().int().positive(),
  annRecallAt10: z.number().min(0).max(1),
});

/** How a graph came from that of another version; an updated vector is one removed and one added. */
const changeSchema = z.object({
  from: z.string().min(1),
  kept: z.number().int().min(0),
  added: z.number().int().min(0),
  removed: z.number().int().min(0),
});

/** One graph of an index version: `image.bin` or `caption.bin`. */
const vectorIndexSchema = z.object({
  count: z.number().int().min(0),
  M: z.number().int().positive(),
  efConstruction: z.number().int().positive(),
  /** What a search uses unless it says otherwise. */
  efSearch: z.number().int().positive(),
  /** At `efSearch`; null where nothing was measured. */
  annRecallAt10: z.number().min(0).max(1).nullable(),
  /** By rising efSearch, up to the one above. */
  effort: z.array(effortSchema),
  /** What was searched for: captions among images and images among captions, or the vectors disturbed. */
  recallQueries: z.enum(['caption', 'image', 'noise']).nullable(),
  quantisation: z.enum(quantisations),
  /** Absent where the graph was built from nothing. */
  change: changeSchema.optional(),
});

/** `manifest.json` of an index version: everything about it but the data. */
export const manifestSchema = z.object({
  formatVersion: z.literal(manifestFormatVersion),
  collection: z.string().min(1),
  version: z.string().min(1),
  createdAt: z.iso.datetime(),
  model: z.object({
    id: z.string().min(1),
    hash: z.string().min(1),
    embedDim: z.number().int().positive(),
    imageSize: z.number().int().positive(),
    contextLength: z.number().int().positive(),
    /** Log space: its exponential multiplies cosines. */
    logitScale: z.number(),
  }),
  dataset: z.object({ name: z.string(), fingerprint: z.string() }),
  counts: z.object({ items: z.number().int().min(0), captions: z.number().int().min(0) }),
  files: z.record(
    z.string(),
    z.object({ bytes: z.number().int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
  image: vectorIndexSchema,
  caption: vectorIndexSchema,
  /** What the version and its model take in an isolate, bytes. */
  memory: z.object({
    parts: z.record(z.string(), z.number().int().min(0)),
    total: z.number().int().min(0),
    budget: z.number().int().positive(),
  }),
  fusion: fusionSchema,
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Effort = Readonly<z.infer<typeof effortSchema>>;
export type VectorIndex = z.infer<typeof vectorIndexSchema>;
