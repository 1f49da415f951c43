import { z } from 'zod';
import { fusionSchema } from './fusion-weights.ts';
import { vectorFormat } from './format.ts';
import { parseArtifactJson } from './parse-json.ts';
import { quantisations } from './quantise.ts';
import type { Range } from './ranges.ts';
import { defaultEfMax } from './searcher-memory.ts';

export const manifestFormatVersion = 3;

// A number that no version can have is a fault of the file. Where it came from a request, the same
// number would be the fault of the client, so it must not get that far.
const efSearch = z.int().min(1).max(defaultEfMax);
const ordinals = z.int().min(0).max(vectorFormat.maxCount);
const bytes = z.int().min(0);

/** The share of the results of an exact float32 search that a search with this efSearch finds. */
const effortSchema = z.object({
  efSearch,
  annRecallAt10: z.number().min(0).max(1),
});

/**
 * What changed since the version that a graph was made from. An update is a removal and an
 * addition.
 */
const changeSchema = z.object({
  from: z.string().min(1),
  kept: ordinals,
  added: ordinals,
  removed: ordinals,
});

/** The place where the vectors of an index version are searched: our isolates, or Vectorize. */
export const vectorPlaces = ['isolate', 'vectorize'] as const;

/** The vectors of one kind, in one file or in all shards together. */
const vectorIndexSchema = z.object({
  count: ordinals,
  /** Null where Diptych built no graph. */
  M: z.int().min(1).max(vectorFormat.maxM).nullable(),
  efConstruction: z.int().min(1).nullable(),
  /** The efSearch of a search that names none. */
  efSearch,
  /** Recall at `efSearch`; null where it was not measured. */
  annRecallAt10: z.number().min(0).max(1).nullable(),
  /** Measurements at rising efSearch; the last one is `efSearch`. */
  effort: z.array(effortSchema),
  /**
   * The queries of the measurement: vectors of the other kind, or vectors of this kind with noise.
   */
  recallQueries: z.enum(['caption', 'image', 'noise']).nullable(),
  /** Null where vectors are kept as they were encoded. */
  quantisation: z.enum(quantisations).nullable(),
  /** Absent where the graph was built from the start. */
  change: changeSchema.optional(),
});

const rangeSchema = z.object({ first: ordinals, count: ordinals });

/**
 * The vectors of a shard, which has its own isolate; files `shards/<position>/{image,caption}.bin`.
 */
const shardSchema = z.object({
  image: rangeSchema,
  caption: rangeSchema,
  /** Memory of the isolate that they take, bytes; the budget is `memory.budget`. */
  memory: bytes.positive(),
});

export const maxShards = 64;

/** `manifest.json` of an index version: everything except the data. */
export const manifestSchema = z
  .object({
    formatVersion: z.literal(manifestFormatVersion),
    collection: z.string().min(1),
    /** Day and hash of the rest of this manifest, so that an id belongs to one set of bytes. */
    version: z.string().min(1),
    /**
     * Hash of the inputs that the version was built from. Absent in versions that were built while
     * the id itself had this hash.
     */
    inputKey: z.string().optional(),
    createdAt: z.iso.datetime(),
    model: z.object({
      id: z.string().min(1),
      hash: z.string().min(1),
      embedDim: z.int().min(1).max(vectorFormat.maxDim),
      imageSize: z.int().min(1).max(4096),
      contextLength: z.int().min(1).max(65_536),
      /** Natural logarithm of the factor that multiplies cosines. */
      logitScale: z.number().min(-100).max(100),
    }),
    dataset: z.object({ name: z.string(), fingerprint: z.string() }),
    counts: z.object({ items: ordinals, captions: ordinals }),
    files: z.record(z.string(), z.object({ bytes, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
    /** Absent in versions that were built before Vectorize was supported. */
    vectors: z.enum(vectorPlaces).default('isolate'),
    image: vectorIndexSchema,
    caption: vectorIndexSchema,
    /**
     * Memory of the version and its model in the isolate that answers, bytes; without the shards.
     */
    memory: z.object({
      parts: z.record(z.string(), bytes),
      total: bytes,
      budget: bytes.positive(),
    }),
    fusion: fusionSchema,
    /** Absent where one isolate holds all vectors. */
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

/**
 * The format is checked first: in a file of another format every other field would seem wrong, too.
 */
const formatSchema = z.object({
  formatVersion: z.literal(manifestFormatVersion, {
    error: ({ input }) =>
      `expected format version ${manifestFormatVersion}, got ${String(input)}: run diptych index and publish, or reindex, again`,
  }),
});

const counted = z.object({ count: ordinals });

/**
 * What has stayed the same in all formats of a manifest. It is enough to list and to remove versions
 * of an older release, which cannot be searched any more.
 */
const outlineSchema = z.object({
  collection: z.string().min(1),
  version: z.string().min(1),
  inputKey: z.string().optional(),
  model: z.object({ hash: z.string().min(1) }),
  counts: z.object({ items: ordinals, captions: ordinals }),
  vectors: z.enum(vectorPlaces).default('isolate'),
  image: counted,
  caption: counted,
});

export type ManifestOutline = z.infer<typeof outlineSchema>;

/** Read what all formats have. @throws DiptychError index_unreadable, which names the file */
export function parseOutline(file: string, json: string): ManifestOutline {
  return parseArtifactJson(file, outlineSchema, json);
}

/** @throws DiptychError index_unreadable, which names the file */
export function parseManifest(file: string, json: string): Manifest {
  parseArtifactJson(file, formatSchema, json);
  return parseArtifactJson(file, manifestSchema, json);
}
