-- Times are Unix milliseconds.

CREATE TABLE media_files (
  media_id    TEXT PRIMARY KEY,
  uploader    TEXT NOT NULL,
  state       INTEGER NOT NULL,          -- MediaState
  blob_key    TEXT NOT NULL,
  hash        BLOB,                      -- SHA-256 of the stored bytes
  size        INTEGER NOT NULL,
  type        TEXT NOT NULL,
  name        TEXT,
  width       INTEGER,
  height      INTEGER,
  duration_ms INTEGER,
  blurhash    TEXT,
  thumbnail   INTEGER NOT NULL,
  idem_key    TEXT,
  created_ms  INTEGER NOT NULL,
  keep_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Idempotency keys of finished uploads.
CREATE TABLE media_keys (
  uploader TEXT NOT NULL,
  idem_key TEXT NOT NULL,
  media_id TEXT NOT NULL,
  PRIMARY KEY (uploader, idem_key)
) STRICT, WITHOUT ROWID;

-- Where the bytes with a hash are that a new file may refer to.
CREATE TABLE media_content (
  hash     BLOB PRIMARY KEY,
  blob_key TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Which files have which bytes.
CREATE TABLE media_references (
  hash     BLOB NOT NULL,
  media_id TEXT NOT NULL,
  blob_key TEXT NOT NULL,
  PRIMARY KEY (hash, media_id)
) STRICT, WITHOUT ROWID;

-- What a user's files take of the quota: together, and each.
CREATE TABLE media_totals (
  user_id TEXT PRIMARY KEY,
  bytes   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE media_usage (
  user_id  TEXT NOT NULL,
  media_id TEXT NOT NULL,
  bytes    INTEGER NOT NULL,
  PRIMARY KEY (user_id, media_id)
) STRICT, WITHOUT ROWID;

-- What is to be looked at, and when.
CREATE TABLE media_due (
  due_ms INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  id     TEXT NOT NULL,
  PRIMARY KEY (due_ms, kind, id)
) STRICT, WITHOUT ROWID;

-- Which messages have which files.
CREATE TABLE media_uses (
  media_id        TEXT NOT NULL,
  scope           TEXT NOT NULL,
  sender          TEXT NOT NULL,
  client_msg_id   TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  seq_no          INTEGER,               -- null until it is known that the message is in the log
  created_ms      INTEGER NOT NULL,
  PRIMARY KEY (media_id, scope, sender, client_msg_id)
) STRICT, WITHOUT ROWID;
