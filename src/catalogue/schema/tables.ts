import { table, type RowOf } from './table.ts';

export const embeddingKinds = ['image', 'text'] as const;
export type EmbeddingKind = (typeof embeddingKinds)[number];

/** A removed version has no state, because it has no row. */
const versionStates = ['built', 'published', 'retired'] as const;
export type VersionState = (typeof versionStates)[number];

/** The states of a job in their order; `src/jobs/machine.ts` says what a job does in each. */
export const activeJobStates = [
  'planning',
  'encoding',
  'building',
  'comparing',
  'publishing',
] as const;
export const endedJobStates = ['succeeded', 'failed', 'cancelled'] as const;
const jobStates = [...activeJobStates, ...endedJobStates] as const;
export type ActiveJobState = (typeof activeJobStates)[number];
export type EndedJobState = (typeof endedJobStates)[number];
export type JobState = ActiveJobState | EndedJobState;

export const ledgerStates = ['pending', 'reused', 'encoded', 'skipped', 'failed'] as const;
export type LedgerState = (typeof ledgerStates)[number];

export const unitStates = ['pending', 'done', 'failed'] as const;
export type UnitState = (typeof unitStates)[number];

/** `settled`: the results of the batch are in the ledger, and its page for the builder is written. */
export const batchStates = ['pending', 'sent', 'done', 'dead', 'settled'] as const;
export type BatchState = (typeof batchStates)[number];

/**
 * The only description of the tables. The types of rows (`ItemRow`, ...) and the schema that a database
 * is expected to have (schema.ts) are derived from it, and a test compares it with migrations/.
 *
 * Names are in camelCase here and in queries, and in snake_case in SQL. Times are ms since 1970,
 * hashes are SHA-256 in lower-case hex, JSON is text.
 */
export const tables = {
  migrations: table({
    columns: { name: 'text', checksum: 'text', appliedAt: 'integer' },
    primaryKey: ['name'],
  }),

  collections: table({
    columns: { name: 'text', createdAt: 'integer', deletedAt: 'integer?' },
    primaryKey: ['name'],
  }),

  items: table({
    columns: {
      collection: 'text',
      id: 'text',
      title: 'text',
      setName: 'text?',
      label: 'text?',
      imageHash: 'text?',
      /** Size of the image as it is shown, pixels; null without an image, or if its file does not say. */
      width: 'integer?',
      height: 'integer?',
      contentHash: 'text',
      /** Rows of `captions` with this ordinal or a higher one are left over from an earlier content. */
      captionCount: 'integer',
      /** JSON: array of strings. */
      tags: 'text',
      /** JSON: object. */
      metadata: 'text?',
      createdAt: 'integer',
      updatedAt: 'integer',
      /** A deleted item keeps its row until it is purged, so that the edge can be told to hide it. */
      deletedAt: 'integer?',
    },
    primaryKey: ['collection', 'id'],
    indexes: {
      items_by_deletion: ['collection', 'deletedAt', 'id'],
      items_by_image: ['imageHash'],
      items_by_label: ['collection', 'label', 'id'],
      items_by_set: ['collection', 'setName', 'id'],
      items_by_update: ['collection', 'updatedAt'],
    },
  }),

  captions: table({
    columns: {
      collection: 'text',
      itemId: 'text',
      ordinal: 'integer',
      text: 'text',
      textHash: 'text',
    },
    primaryKey: ['collection', 'itemId', 'ordinal'],
    indexes: { captions_by_text: ['textHash'] },
  }),

  /** Where the bytes of an image are: in a range of a pack in the object store. */
  images: table({
    columns: {
      hash: 'text',
      pack: 'text',
      byteOffset: 'integer',
      byteLength: 'integer',
      /** Media type. */
      type: 'text',
      createdAt: 'integer',
    },
    primaryKey: ['hash'],
    indexes: { images_by_pack: ['pack'] },
  }),

  /** Where an embedding is: in a row of a pack in the object store. */
  embeddings: table({
    columns: {
      modelHash: 'text',
      kind: embeddingKinds,
      /** Hash of the image's bytes or of the text. */
      hash: 'text',
      pack: 'text',
      rowIndex: 'integer',
    },
    primaryKey: ['modelHash', 'kind', 'hash'],
    indexes: { embeddings_by_pack: ['modelHash', 'pack'] },
  }),

  indexVersions: table({
    columns: {
      collection: 'text',
      version: 'text',
      modelHash: 'text',
      jobId: 'text?',
      items: 'integer',
      captions: 'integer',
      bytes: 'integer',
      state: versionStates,
      createdAt: 'integer',
      publishedAt: 'integer?',
    },
    primaryKey: ['collection', 'version'],
  }),

  jobs: table({
    columns: {
      id: 'text',
      collection: 'text',
      state: jobStates,
      /**
       * The collection while the job is active, and null after that. The column is unique, so that a
       * collection has one active job at a time.
       */
      activeKey: 'text?',
      modelHash: 'text',
      /** JSON: `JobOptions` of job-details.ts. */
      options: 'text',
      /** JSON: `JobNotes` of job-details.ts. */
      counts: 'text?',
      /** Id of the last item that was planned. */
      planCursor: 'text?',
      batches: 'integer',
      error: 'text?',
      cancelRequested: 'integer',
      leaseOwner: 'text?',
      leaseUntil: 'integer',
      version: 'text?',
      createdAt: 'integer',
      startedAt: 'integer?',
      endedAt: 'integer?',
    },
    primaryKey: ['id'],
    unique: { jobs_active_key: ['activeKey'] },
    indexes: { jobs_by_collection: ['collection', 'id'] },
  }),

  /** The ledger: the result of each item in a job. */
  jobItems: table({
    columns: {
      jobId: 'text',
      itemId: 'text',
      imageHash: 'text?',
      state: ledgerStates,
      batch: 'integer?',
      code: 'text?',
      reason: 'text?',
    },
    primaryKey: ['jobId', 'itemId'],
  }),

  /** The images and texts that a job must encode. Each belongs to the first batch that needs it. */
  jobUnits: table({
    columns: {
      jobId: 'text',
      kind: embeddingKinds,
      hash: 'text',
      batch: 'integer',
      state: unitStates,
      code: 'text?',
      reason: 'text?',
    },
    primaryKey: ['jobId', 'kind', 'hash'],
  }),

  jobBatches: table({
    columns: {
      jobId: 'text',
      batch: 'integer',
      state: batchStates,
      /** How often the batch was sent. */
      attempts: 'integer',
      updatedAt: 'integer',
    },
    primaryKey: ['jobId', 'batch'],
    indexes: { job_batches_by_state: ['jobId', 'state', 'batch'] },
  }),

  labelSets: table({
    columns: {
      name: 'text',
      /** JSON: array of strings. */
      labels: 'text',
      createdAt: 'integer',
      updatedAt: 'integer',
    },
    primaryKey: ['name'],
  }),

  apiKeys: table({
    columns: {
      id: 'text',
      /** SHA-256 of the key; the key itself is not stored. */
      hash: 'text',
      name: 'text',
      /** Some of `read`, `write` and `admin`, with commas between them. */
      scopes: 'text',
      createdAt: 'integer',
      lastUsedAt: 'integer?',
      revokedAt: 'integer?',
    },
    primaryKey: ['id'],
    unique: { api_keys_hash: ['hash'] },
  }),
};

/** The type of a row by the name of its table, in the form that Kysely expects. */
export type Tables = { readonly [Name in keyof typeof tables]: RowOf<(typeof tables)[Name]> };

export type MigrationRow = Tables['migrations'];
export type ItemRow = Tables['items'];
export type CaptionRow = Tables['captions'];
export type ImageRow = Tables['images'];
export type EmbeddingRow = Tables['embeddings'];
export type IndexVersionRow = Tables['indexVersions'];
export type JobRow = Tables['jobs'];
export type JobItemRow = Tables['jobItems'];
export type JobUnitRow = Tables['jobUnits'];
export type JobBatchRow = Tables['jobBatches'];
export type LabelSetRow = Tables['labelSets'];
export type ApiKeyRow = Tables['apiKeys'];
