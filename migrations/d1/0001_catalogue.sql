-- The catalogue (docs/catalogue.md). Times are ms since 1970, JSON is text, hashes are SHA-256 in
-- lower-case hex. Tables of short rows have no row id: their key is the only tree to write.
-- Each statement may be run twice: migrations that meet each other do no harm.

CREATE TABLE IF NOT EXISTS migrations (
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at INTEGER NOT NULL,
  PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS collections (
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS items (
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  title TEXT NOT NULL,
  set_name TEXT,
  label TEXT,
  image_hash TEXT,
  width INTEGER,
  height INTEGER,
  content_hash TEXT NOT NULL,
  caption_count INTEGER NOT NULL,
  tags TEXT NOT NULL,
  metadata TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  PRIMARY KEY (collection, id)
);
CREATE INDEX IF NOT EXISTS items_by_deletion ON items (collection, deleted_at, id);
CREATE INDEX IF NOT EXISTS items_by_set ON items (collection, set_name, id);
CREATE INDEX IF NOT EXISTS items_by_label ON items (collection, label, id);
CREATE INDEX IF NOT EXISTS items_by_update ON items (collection, updated_at);
CREATE INDEX IF NOT EXISTS items_by_image ON items (image_hash);

CREATE TABLE IF NOT EXISTS captions (
  collection TEXT NOT NULL,
  item_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  text TEXT NOT NULL,
  text_hash TEXT NOT NULL,
  PRIMARY KEY (collection, item_id, ordinal)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS captions_by_text ON captions (text_hash);

CREATE TABLE IF NOT EXISTS images (
  hash TEXT NOT NULL,
  pack TEXT NOT NULL,
  byte_offset INTEGER NOT NULL,
  byte_length INTEGER NOT NULL,
  type TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (hash)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS images_by_pack ON images (pack);

CREATE TABLE IF NOT EXISTS embeddings (
  model_hash TEXT NOT NULL,
  kind TEXT NOT NULL,
  hash TEXT NOT NULL,
  pack TEXT NOT NULL,
  row_index INTEGER NOT NULL,
  PRIMARY KEY (model_hash, kind, hash)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS embeddings_by_pack ON embeddings (model_hash, pack);

CREATE TABLE IF NOT EXISTS index_versions (
  collection TEXT NOT NULL,
  version TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  job_id TEXT,
  items INTEGER NOT NULL,
  captions INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  published_at INTEGER,
  PRIMARY KEY (collection, version)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS jobs (
  id TEXT NOT NULL,
  collection TEXT NOT NULL,
  state TEXT NOT NULL,
  active_key TEXT,
  model_hash TEXT NOT NULL,
  options TEXT NOT NULL,
  counts TEXT,
  plan_cursor TEXT,
  batches INTEGER NOT NULL,
  error TEXT,
  cancel_requested INTEGER NOT NULL,
  lease_owner TEXT,
  lease_until INTEGER NOT NULL,
  version TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX IF NOT EXISTS jobs_active_key ON jobs (active_key);
CREATE INDEX IF NOT EXISTS jobs_by_collection ON jobs (collection, id);

CREATE TABLE IF NOT EXISTS job_items (
  job_id TEXT NOT NULL,
  item_id TEXT NOT NULL,
  image_hash TEXT,
  state TEXT NOT NULL,
  batch INTEGER,
  code TEXT,
  reason TEXT,
  PRIMARY KEY (job_id, item_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS job_units (
  job_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  hash TEXT NOT NULL,
  batch INTEGER NOT NULL,
  state TEXT NOT NULL,
  code TEXT,
  reason TEXT,
  PRIMARY KEY (job_id, kind, hash)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS job_batches (
  job_id TEXT NOT NULL,
  batch INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (job_id, batch)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS job_batches_by_state ON job_batches (job_id, state, batch);

CREATE TABLE IF NOT EXISTS label_sets (
  name TEXT NOT NULL,
  labels TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE IF NOT EXISTS api_keys (
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at INTEGER,
  PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS api_keys_hash ON api_keys (hash);
