-- Notices of a change that are not known to be in the group's log yet. Written with the change; a group that ends takes them with it, as nobody can read them.
CREATE TABLE groups_notices (
    group_id TEXT    NOT NULL REFERENCES groups_groups ON DELETE CASCADE,
    version  INTEGER NOT NULL,                  -- the group's, with the change
    notices  TEXT    NOT NULL,                  -- JSON, see NoticeJson.cs
    PRIMARY KEY (group_id, version)
) STRICT, WITHOUT ROWID;
