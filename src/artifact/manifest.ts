import { z } from 'zod';
import { fusionSchema } from '../query/fusion-weights.ts';
import { quantisations } from './quantise.ts';

export const manifestFormatVersion = 2;

/** What a search finds of what exact float32 search finds, by how many candidates it keeps. */
const effortSchema = z.object({
  efSearch: z.number().int().positive(),
  annRecallAt10: z.number().min(0).max(1),
});

/** Where the vectors of an index version are searched. */
export const vectorPlaces = ['isolate', 'vectorize'] as const;

/** `image.bin` is a graph that an isolate loads, `image.f32` what goes into Vectorize: float32 rows. */
export const vectorFileSuffix = { isolate: 'bin', vectorize: 'f32' } as const;

/** The vectors of one kind: images or captions. */
const vectorIndexSchema = z.object({
  count: z.number().int().min(0),
  /** Null where there is no graph of ours. */
  M: z.number().int().positive().nullable(),
  efConstruction: z.number().int().positive().nullable(),
  /** What a search uses unless it says otherwise. */
  efSearch: z.number().int().positive(),
  /** At `efSearch`; null where nothing was measured. */
  annRecallAt10: z.number().min(0).max(1).nullable(),
  /** By rising efSearch, up to the one above. */
  effort: z.array(effortSchema),
  /** What was searched for: captions among images and images among captions, or the vectors disturbed. */
  recallQueries: z.enum(['caption', 'image', 'noise']).nullable(),
  /** Null: vectors are kept as they were encoded. */
  quantisation: z.enum(quantisations).nullable(),
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
  /** Absent in versions that were built before there was a choice. */
  vectors: z.enum(vectorPlaces).default('isolate'),
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
export type VectorPlace = (typeof vectorPlaces)[number];
export type VectorIndex = z.infer<typeof vectorIndexSchema>;
