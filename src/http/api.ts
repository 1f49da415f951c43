import { z } from 'zod';
import { shownFields } from '../version/items.ts';
import { defaults } from '../config.ts';
import { defaultEfMax } from '../version/searcher-memory.ts';
import { limits } from '../limits.ts';
import { checkJsonSize } from './check-json-size.ts';
import { wellFormedText } from '../text/well-formed.ts';
import { collectionNameSchema, namePattern, nameRule } from '../version/collection-name.ts';

/**
 * The HTTP API: the fields of requests and of responses. The fields of a form arrive as text, so
 * numbers and lists are accepted as text, too.
 */
export const apiLimits = {
  labels: 1000,
  labelCharacters: 200,
  /** The number of results that one can reach by paging. */
  window: 500,
} as const;

/** The collection of the server by default. */
const collection = collectionNameSchema.optional();

export const labelSetNameSchema = z.string().regex(namePattern, nameRule);
/** The label set that every collection has. */
export const captionsLabelSet = 'captions';

const integer = z.preprocess(
  (value: number | string) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value,
  z.int(),
);
const limit = integer.pipe(z.int().min(1).max(defaults.maxLimit));
/**
 * Candidates that a search keeps: more of them find more and take longer. Default: from the index.
 */
const efSearch = integer.pipe(z.int().min(1).max(defaultEfMax));
const text = wellFormedText.max(limits.textCharacters);

const vector = z.preprocess(
  (value: readonly number[] | string) => parsedJson(value),
  z.array(z.number()).min(1).max(4096),
);
export const labelsSchema = z.preprocess(
  // One form field may hold a list: `labels=cat,dog`. One label too many is enough to refuse it.
  (value: readonly string[] | string) =>
    typeof value === 'string'
      ? value.split(',', apiLimits.labels + 1).map((label) => label.trim())
      : value,
  z
    .array(wellFormedText.trim().min(1).max(apiLimits.labelCharacters))
    .min(1)
    .max(apiLimits.labels)
    .refine((all) => new Set(all).size === all.length, 'expected each label once'),
);

/** A search by image has the field `image`, too: base64 or a data URI in JSON, a file in a form. */
export const searchRequestSchema = z.strictObject({
  collection,
  text: text.optional(),
  /** An item of the collection: "more like this". */
  id: wellFormedText.min(1).max(1024).optional(),
  vector: vector.optional(),
  /** Id or hash of the model that made `vector`. An index of another model refuses the search. */
  model: z.string().min(1).max(256).optional(),
  target: z.enum(['image', 'caption']).default('image'),
  /** Default: hybrid where the query is text and the target is images, otherwise vector. */
  mode: z.enum(['vector', 'keyword', 'hybrid']).optional(),
  limit: limit.default(defaults.limit),
  cursor: z.string().max(256).optional(),
  efSearch: efSearch.optional(),
});

export const captionsRequestSchema = z.strictObject({
  collection,
  limit: limit.default(5),
  efSearch: efSearch.optional(),
});

export const classifyRequestSchema = z
  .strictObject({
    collection,
    text: text.optional(),
    labels: labelsSchema.optional(),
    /** Name of a label set. In `captions`, every caption of the collection is a label. */
    labelSet: labelSetNameSchema.optional(),
    /** A sentence with `{label}` in it, where each label is put. */
    template: wellFormedText
      .max(apiLimits.labelCharacters)
      .refine((value) => value.includes('{label}'), 'expected "{label}" in it')
      .default('{label}'),
    /** How many labels to return; default: all of `labels`, or 20 of a label set. */
    limit: integer.pipe(z.int().min(1).max(apiLimits.labels)).optional(),
  })
  .refine((request) => (request.labels === undefined) !== (request.labelSet === undefined), {
    message: 'expected either labels or labelSet',
    path: ['labels'],
  });

const probability = z.number().min(0).max(1);

export const indexReferenceSchema = z.object({
  collection: z.string(),
  version: z.string(),
  /** The id of the model that made the embeddings. */
  model: z.string(),
});

const timings = z.object({
  /**
   * Milliseconds. The clock of a worker stops while the worker computes, so these are waiting
   * times.
   */
  load: z.number(),
  encode: z.number(),
  search: z.number(),
  total: z.number(),
});

/** How many of the shards answered in time. The vectors of the other shards are missing. */
export const partialSchema = z.object({ shards: z.int(), answered: z.int() });

/**
 * What encoded a query: the towers in the worker, an embedder service, or an earlier query with the same
 * text. `diptych search` may use the ONNX towers.
 */
const encoderSchema = z.enum(['edge', 'embedder', 'cache', 'onnx']);

const answer = {
  index: indexReferenceSchema,
  timings,
  /** Null where nothing was encoded: the query is an item or a vector, or was searched by words alone. */
  encoder: encoderSchema.nullable(),
  /** The text had more tokens than the model reads; the rest was left out. */
  truncated: z.literal(true).optional(),
  partial: partialSchema.optional(),
};

/** How the nearest vectors were found. */
export const effortSchema = z.object({
  /** False where every vector was scored. */
  approximate: z.boolean(),
  efSearch: z.int(),
  /** Recall at this efSearch, or at the next lower one that was measured; null if there is none. */
  annRecallAt10: z.number().nullable(),
});

export const matchSchema = z.object({
  id: z.string(),
  /** The cosine, or the fused score of a keyword or hybrid search. */
  score: z.number(),
  probability,
  metadata: z.object({
    ...shownFields,
    /** The items that a caption describes. */
    items: z.array(z.string()).optional(),
    imageUrl: z.string(),
  }),
});

export const searchResponseSchema = z.object({
  count: z.int(),
  matches: z.array(matchSchema),
  nextCursor: z.string().nullable(),
  /** The mode of this search. */
  mode: z.enum(['vector', 'keyword', 'hybrid']),
  /** Null where only words were searched for. */
  effort: effortSchema.nullable(),
  /** Why the words alone were searched for: nothing that could encode them was there. */
  fallback: z.object({ code: z.string(), message: z.string() }).optional(),
  ...answer,
});

export const captionsResponseSchema = z.object({
  count: z.int(),
  captions: z.array(
    z.object({ text: z.string(), score: z.number(), probability, items: z.array(z.string()) }),
  ),
  effort: effortSchema.nullable(),
  ...answer,
});

export const classifyResponseSchema = z.object({
  count: z.int(),
  labels: z.array(z.object({ label: z.string(), score: z.number(), probability })),
  ...answer,
});

export const collectionSchema = z.object({
  name: z.string(),
  version: z.string(),
  createdAt: z.string(),
  model: z.object({ id: z.string(), hash: z.string(), embedDim: z.int(), imageSize: z.int() }),
  items: z.int(),
  captions: z.int(),
});
export const collectionsResponseSchema = z.object({ collections: z.array(collectionSchema) });

export const itemSchema = z.object({
  id: z.string(),
  ...shownFields,
  imageUrl: z.string(),
});

export const errorResponseSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

export type Encoder = z.infer<typeof encoderSchema>;
export type SearchRequest = z.infer<typeof searchRequestSchema>;
export type CaptionsRequest = z.infer<typeof captionsRequestSchema>;
export type ClassifyRequest = z.infer<typeof classifyRequestSchema>;
export type SearchMode = z.infer<typeof searchResponseSchema>['mode'];
export type IndexReference = z.infer<typeof indexReferenceSchema>;
export type Match = z.infer<typeof matchSchema>;
export type PartialAnswer = z.infer<typeof partialSchema>;
export type SearchEffort = z.infer<typeof effortSchema>;
export type SearchResponse = z.infer<typeof searchResponseSchema>;
export type CaptionsResponse = z.infer<typeof captionsResponseSchema>;
export type ClassifyResponse = z.infer<typeof classifyResponseSchema>;
export type CollectionInfo = z.infer<typeof collectionSchema>;
export type CollectionsResponse = z.infer<typeof collectionsResponseSchema>;
export type ItemInfo = z.infer<typeof itemSchema>;

/**
 * Parse a form field that holds JSON. The schema refuses a text that is not JSON.
 *
 * @throws DiptychError payload_too_large
 */
function parsedJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  checkJsonSize(value, 'vector', limits.queryValues);
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
