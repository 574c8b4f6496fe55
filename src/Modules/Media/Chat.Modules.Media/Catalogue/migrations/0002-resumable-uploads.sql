-- Uploads that come in several requests and are not finished.
CREATE TABLE media_uploads (
  uploader TEXT NOT NULL,
  media_id TEXT NOT NULL,
  length   INTEGER NOT NULL,
  offset   INTEGER NOT NULL,
  state    TEXT,                         -- the store's own
  PRIMARY KEY (uploader, media_id)
) STRICT, WITHOUT ROWID;
