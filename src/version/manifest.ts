import { z } from 'zod';
import { fusionSchema } from './fusion-weights.ts';
import { parseArtifactJson } from './parse-json.ts';
import { quantisations } from './quantise.ts';
import type { Range } from './ranges.ts';

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

/** Where the vectors of an index version are searched: in isolates of ours, or by Vectorize. */
export const vectorPlaces = ['isolate', 'vectorize'] as const;

/** The vectors of one kind: those of one file, or of the shards together. */
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
  /** Absent where the graph was built from nothing. */
  change: changeSchema.optional(),
});

const rangeSchema = z.object({ first: z.number().int().min(0), count: z.number().int().min(0) });

/** Vectors that an isolate of their own holds: `shards/<place in the list>/image.bin`, `…/caption.bin`. */
const shardSchema = z.object({
  image: rangeSchema,
  caption: rangeSchema,
  /** What they take there, bytes; the budget is that of `memory`. */
  memory: z.number().int().positive(),
});

export const maxShards = 64;

/** `manifest.json` of an index version: everything about it but the data. */
export const manifestSchema = z
  .object({
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
    /** What the version and its model take in the isolate that answers, bytes; shards say their own. */
    memory: z.object({
      parts: z.record(z.string(), z.number().int().min(0)),
      total: z.number().int().min(0),
      budget: z.number().int().positive(),
    }),
    fusion: fusionSchema,
    /** Absent where the vectors are with the rest, in one isolate. */
    shards: z.array(shardSchema).min(2).max(maxShards).optional(),
  })
  .refine(
    ({ shards, image, caption }) =>
      !shards ||
      (covers(
        shards.map((shard) => shard.image),
        image.count,
      ) &&
        covers(
          shards.map((shard) => shard.caption),
          caption.count,
        )),
    { path: ['shards'], message: 'expected ranges that follow each other and cover all vectors' },
  );

function covers(ranges: readonly Range[], count: number): boolean {
  const end = ranges.reduce((at, range) => (range.first === at ? at + range.count : NaN), 0);
  return end === count;
}

export type Manifest = z.infer<typeof manifestSchema>;
export type Effort = Readonly<z.infer<typeof effortSchema>>;
export type VectorPlace = (typeof vectorPlaces)[number];
export type ShardEntry = z.infer<typeof shardSchema>;
export type VectorIndex = z.infer<typeof vectorIndexSchema>;

/** Checked by itself: of another format everything else would seem wrong, too. */
const formatSchema = z.object({
  formatVersion: z.literal(manifestFormatVersion, {
    error: ({ input }) =>
      `expected format version ${manifestFormatVersion}, got ${String(input)}: build the index again with diptych index`,
  }),
});

/** @throws DiptychError index_unreadable, naming the file */
export function parseManifest(file: string, json: string): Manifest {
  parseArtifactJson(file, formatSchema, json);
  return parseArtifactJson(file, manifestSchema, json);
}
