/**
 * Rows of the catalogue, in camelCase; SQL has them in snake_case (migrations/).
 *
 * Times are ms since 1970, hashes SHA-256 in lower-case hex, JSON is text.
 */
export interface Tables {
  readonly migrations: MigrationRow;
  readonly collections: CollectionRow;
  readonly items: ItemRow;
  readonly captions: CaptionRow;
  readonly images: ImageRow;
  readonly embeddings: EmbeddingRow;
  readonly indexVersions: IndexVersionRow;
  readonly jobs: JobRow;
  readonly jobItems: JobItemRow;
  readonly jobUnits: JobUnitRow;
  readonly jobBatches: JobBatchRow;
  readonly labelSets: LabelSetRow;
  readonly apiKeys: ApiKeyRow;
}

export interface MigrationRow {
  readonly name: string;
  readonly checksum: string;
  readonly appliedAt: number;
}

export interface CollectionRow {
  readonly name: string;
  readonly createdAt: number;
  readonly deletedAt: number | null;
}

export interface ItemRow {
  readonly collection: string;
  readonly id: string;
  readonly title: string;
  readonly setName: string | null;
  readonly label: string | null;
  readonly imageHash: string | null;
  readonly contentHash: string;
  /** Rows of `captions` with a higher ordinal are left from another content, and no part of it. */
  readonly captionCount: number;
  /** JSON: array of strings. */
  readonly tags: string;
  /** JSON: object. */
  readonly metadata: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Deleted items stay until they are purged, so that the edge can be told of them. */
  readonly deletedAt: number | null;
}

export interface CaptionRow {
  readonly collection: string;
  readonly itemId: string;
  readonly ordinal: number;
  readonly text: string;
  readonly textHash: string;
}

/** Where the bytes of an image lie: a range of a pack in the object store. */
export interface ImageRow {
  readonly hash: string;
  readonly pack: string;
  readonly byteOffset: number;
  readonly byteLength: number;
  /** Media type. */
  readonly type: string;
  readonly createdAt: number;
}

export const embeddingKinds = ['image', 'text'] as const;
export type EmbeddingKind = (typeof embeddingKinds)[number];

/** Where an embedding lies: a row of a pack in the object store. */
export interface EmbeddingRow {
  readonly modelHash: string;
  readonly kind: EmbeddingKind;
  /** Of the image bytes or of the text. */
  readonly hash: string;
  readonly pack: string;
  readonly rowIndex: number;
}

/** One that is removed has no row. */
export type VersionState = 'built' | 'published' | 'retired';

export interface IndexVersionRow {
  readonly collection: string;
  readonly version: string;
  readonly modelHash: string;
  readonly jobId: string | null;
  readonly items: number;
  readonly captions: number;
  readonly bytes: number;
  readonly state: VersionState;
  readonly createdAt: number;
  readonly publishedAt: number | null;
}

/** In their order; `src/jobs/machine.ts` says what is done in each. */
export const activeJobStates = [
  'planning',
  'encoding',
  'building',
  'comparing',
  'publishing',
] as const;
export const endedJobStates = ['succeeded', 'failed', 'cancelled'] as const;

export type ActiveJobState = (typeof activeJobStates)[number];
export type EndedJobState = (typeof endedJobStates)[number];
export type JobState = ActiveJobState | EndedJobState;

export interface JobRow {
  readonly id: string;
  readonly collection: string;
  readonly state: JobState;
  /** The collection while the job is active, then null; unique, so a collection has one at a time. */
  readonly activeKey: string | null;
  readonly modelHash: string;
  /** JSON: `JobOptions` of job-details.ts. */
  readonly options: string;
  /** JSON: `JobNotes` of job-details.ts. */
  readonly counts: string | null;
  /** Id of the last item that has been planned. */
  readonly planCursor: string | null;
  readonly batches: number;
  readonly error: string | null;
  readonly cancelRequested: number;
  readonly leaseOwner: string | null;
  readonly leaseUntil: number;
  readonly version: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export const ledgerStates = ['pending', 'reused', 'encoded', 'skipped', 'failed'] as const;
export type LedgerState = (typeof ledgerStates)[number];

/** The ledger: what became of an item in a job. */
export interface JobItemRow {
  readonly jobId: string;
  readonly itemId: string;
  readonly imageHash: string | null;
  readonly state: LedgerState;
  readonly batch: number | null;
  readonly code: string | null;
  readonly reason: string | null;
}

export const unitStates = ['pending', 'done', 'failed'] as const;
export type UnitState = (typeof unitStates)[number];

/** What has to be encoded in a job; it belongs to the first batch that needs it. */
export interface JobUnitRow {
  readonly jobId: string;
  readonly kind: EmbeddingKind;
  readonly hash: string;
  readonly batch: number;
  readonly state: UnitState;
  readonly code: string | null;
  readonly reason: string | null;
}

/** `settled`: the ledger has the last word on its items, and the builder its page. */
export const batchStates = ['pending', 'sent', 'done', 'dead', 'settled'] as const;
export type BatchState = (typeof batchStates)[number];

export interface JobBatchRow {
  readonly jobId: string;
  readonly batch: number;
  readonly state: BatchState;
  /** How often the batch was sent. */
  readonly attempts: number;
  readonly updatedAt: number;
}

export interface LabelSetRow {
  readonly name: string;
  /** JSON: array of strings. */
  readonly labels: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ApiKeyRow {
  readonly id: string;
  /** SHA-256 of the key, which is kept nowhere. */
  readonly hash: string;
  readonly name: string;
  /** `read`, `write`, `admin`, with commas between them. */
  readonly scopes: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}
