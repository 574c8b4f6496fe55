CREATE TABLE presence_last_seen (
    user    TEXT    NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL                -- Unix time in milliseconds
) STRICT, WITHOUT ROWID;
