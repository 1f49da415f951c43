-- The same tables as migrations/d1/0001_catalogue.sql (a test compares them), for MySQL 8 (Vitess) and
-- MariaDB 10.11. Text compares by code point (utf8mb4_bin); no foreign keys, no AUTO_INCREMENT.
-- Each statement may be run twice: migrations that meet each other do no harm.

CREATE TABLE IF NOT EXISTS migrations (
  name VARCHAR(255) NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  applied_at BIGINT NOT NULL,
  PRIMARY KEY (name)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS collections (
  name VARCHAR(63) NOT NULL,
  created_at BIGINT NOT NULL,
  deleted_at BIGINT,
  PRIMARY KEY (name)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS items (
  collection VARCHAR(63) NOT NULL,
  id VARCHAR(255) NOT NULL,
  title TEXT NOT NULL,
  set_name VARCHAR(255),
  label VARCHAR(255),
  image_hash VARCHAR(64),
  width INT,
  height INT,
  content_hash VARCHAR(64) NOT NULL,
  caption_count INT NOT NULL,
  tags MEDIUMTEXT NOT NULL,
  metadata MEDIUMTEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT,
  PRIMARY KEY (collection, id),
  KEY items_by_deletion (collection, deleted_at, id),
  KEY items_by_set (collection, set_name, id),
  KEY items_by_label (collection, label, id),
  KEY items_by_update (collection, updated_at),
  KEY items_by_image (image_hash)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS captions (
  collection VARCHAR(63) NOT NULL,
  item_id VARCHAR(255) NOT NULL,
  ordinal INT NOT NULL,
  text MEDIUMTEXT NOT NULL,
  text_hash VARCHAR(64) NOT NULL,
  PRIMARY KEY (collection, item_id, ordinal),
  KEY captions_by_text (text_hash)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS images (
  hash VARCHAR(64) NOT NULL,
  pack VARCHAR(64) NOT NULL,
  byte_offset BIGINT NOT NULL,
  byte_length BIGINT NOT NULL,
  type VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (hash),
  KEY images_by_pack (pack)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS embeddings (
  model_hash VARCHAR(64) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  hash VARCHAR(64) NOT NULL,
  pack VARCHAR(64) NOT NULL,
  row_index INT NOT NULL,
  PRIMARY KEY (model_hash, kind, hash),
  KEY embeddings_by_pack (model_hash, pack)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS index_versions (
  collection VARCHAR(63) NOT NULL,
  version VARCHAR(64) NOT NULL,
  model_hash VARCHAR(64) NOT NULL,
  job_id VARCHAR(32),
  items INT NOT NULL,
  captions INT NOT NULL,
  bytes BIGINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  published_at BIGINT,
  PRIMARY KEY (collection, version)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS jobs (
  id VARCHAR(32) NOT NULL,
  collection VARCHAR(63) NOT NULL,
  state VARCHAR(16) NOT NULL,
  active_key VARCHAR(63),
  model_hash VARCHAR(64) NOT NULL,
  options MEDIUMTEXT NOT NULL,
  counts MEDIUMTEXT,
  plan_cursor VARCHAR(255),
  batches INT NOT NULL,
  error TEXT,
  cancel_requested TINYINT NOT NULL,
  lease_owner VARCHAR(255),
  lease_until BIGINT NOT NULL,
  version VARCHAR(64),
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  ended_at BIGINT,
  PRIMARY KEY (id),
  UNIQUE KEY jobs_active_key (active_key),
  KEY jobs_by_collection (collection, id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS job_items (
  job_id VARCHAR(32) NOT NULL,
  item_id VARCHAR(255) NOT NULL,
  image_hash VARCHAR(64),
  state VARCHAR(16) NOT NULL,
  batch INT,
  code VARCHAR(64),
  reason TEXT,
  PRIMARY KEY (job_id, item_id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS job_units (
  job_id VARCHAR(32) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  hash VARCHAR(64) NOT NULL,
  batch INT NOT NULL,
  state VARCHAR(16) NOT NULL,
  code VARCHAR(64),
  reason TEXT,
  PRIMARY KEY (job_id, kind, hash)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS job_batches (
  job_id VARCHAR(32) NOT NULL,
  batch INT NOT NULL,
  state VARCHAR(16) NOT NULL,
  attempts INT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (job_id, batch),
  KEY job_batches_by_state (job_id, state, batch)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS label_sets (
  name VARCHAR(255) NOT NULL,
  labels MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (name)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS api_keys (
  id VARCHAR(32) NOT NULL,
  hash VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  scopes VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  revoked_at BIGINT,
  PRIMARY KEY (id),
  UNIQUE KEY api_keys_hash (hash)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
