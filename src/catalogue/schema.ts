/** `?` says that a column may be null. */
export type ColumnType = 'text' | 'text?' | 'integer' | 'integer?';

/** A table as both databases can describe it. */
export interface TableSchema {
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** Column names, with commas between them. */
  readonly primaryKey: string;
  /** By the name of the index: `unique` where it is, then its columns. */
  readonly indexes: Readonly<Record<string, string>>;
}

export type Schema = Readonly<Record<string, TableSchema>>;

/** What all of migrations/ make together: changed with them, and checked against the database. */
export const catalogueSchema: Schema = {
  api_keys: {
    columns: {
      id: 'text',
      hash: 'text',
      name: 'text',
      scopes: 'text',
      created_at: 'integer',
      last_used_at: 'integer?',
      revoked_at: 'integer?',
    },
    primaryKey: 'id',
    indexes: {
      api_keys_hash: 'unique hash',
    },
  },
  captions: {
    columns: {
      collection: 'text',
      item_id: 'text',
      ordinal: 'integer',
      text: 'text',
      text_hash: 'text',
    },
    primaryKey: 'collection, item_id, ordinal',
    indexes: {
      captions_by_text: 'text_hash',
    },
  },
  collections: {
    columns: {
      name: 'text',
      created_at: 'integer',
      deleted_at: 'integer?',
    },
    primaryKey: 'name',
    indexes: {},
  },
  embeddings: {
    columns: {
      model_hash: 'text',
      kind: 'text',
      hash: 'text',
      pack: 'text',
      row_index: 'integer',
    },
    primaryKey: 'model_hash, kind, hash',
    indexes: {
      embeddings_by_pack: 'model_hash, pack',
    },
  },
  images: {
    columns: {
      hash: 'text',
      pack: 'text',
      byte_offset: 'integer',
      byte_length: 'integer',
      type: 'text',
      created_at: 'integer',
    },
    primaryKey: 'hash',
    indexes: {
      images_by_pack: 'pack',
    },
  },
  index_versions: {
    columns: {
      collection: 'text',
      version: 'text',
      model_hash: 'text',
      job_id: 'text?',
      items: 'integer',
      captions: 'integer',
      bytes: 'integer',
      state: 'text',
      created_at: 'integer',
      published_at: 'integer?',
    },
    primaryKey: 'collection, version',
    indexes: {},
  },
  items: {
    columns: {
      collection: 'text',
      id: 'text',
      title: 'text',
      set_name: 'text?',
      label: 'text?',
      image_hash: 'text?',
      content_hash: 'text',
      caption_count: 'integer',
      tags: 'text',
      metadata: 'text?',
      created_at: 'integer',
      updated_at: 'integer',
      deleted_at: 'integer?',
    },
    primaryKey: 'collection, id',
    indexes: {
      items_by_deletion: 'collection, deleted_at, id',
      items_by_image: 'image_hash',
      items_by_label: 'collection, label, id',
      items_by_set: 'collection, set_name, id',
      items_by_update: 'collection, updated_at',
    },
  },
  job_batches: {
    columns: {
      job_id: 'text',
      batch: 'integer',
      state: 'text',
      attempts: 'integer',
      updated_at: 'integer',
    },
    primaryKey: 'job_id, batch',
    indexes: {
      job_batches_by_state: 'job_id, state, batch',
    },
  },
  job_items: {
    columns: {
      job_id: 'text',
      item_id: 'text',
      image_hash: 'text?',
      state: 'text',
      batch: 'integer?',
      code: 'text?',
      reason: 'text?',
    },
    primaryKey: 'job_id, item_id',
    indexes: {},
  },
  job_units: {
    columns: {
      job_id: 'text',
      kind: 'text',
      hash: 'text',
      batch: 'integer',
      state: 'text',
      code: 'text?',
      reason: 'text?',
    },
    primaryKey: 'job_id, kind, hash',
    indexes: {},
  },
  jobs: {
    columns: {
      id: 'text',
      collection: 'text',
      state: 'text',
      active_key: 'text?',
      model_hash: 'text',
      options: 'text',
      counts: 'text?',
      plan_cursor: 'text?',
      batches: 'integer',
      error: 'text?',
      cancel_requested: 'integer',
      lease_owner: 'text?',
      lease_until: 'integer',
      version: 'text?',
      created_at: 'integer',
      started_at: 'integer?',
      ended_at: 'integer?',
    },
    primaryKey: 'id',
    indexes: {
      jobs_active_key: 'unique active_key',
      jobs_by_collection: 'collection, id',
    },
  },
  label_sets: {
    columns: {
      name: 'text',
      labels: 'text',
      created_at: 'integer',
      updated_at: 'integer',
    },
    primaryKey: 'name',
    indexes: {},
  },
  migrations: {
    columns: {
      name: 'text',
      checksum: 'text',
      applied_at: 'integer',
    },
    primaryKey: 'name',
    indexes: {},
  },
};
