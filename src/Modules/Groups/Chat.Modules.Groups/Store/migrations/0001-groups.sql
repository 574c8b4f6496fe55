-- A group; it goes with its last member.
CREATE TABLE groups_groups (
    group_id     TEXT    NOT NULL PRIMARY KEY,
    title        TEXT    NOT NULL,
    history      INTEGER NOT NULL,              -- 0 all, 1 from join
    created_at   INTEGER NOT NULL,              -- Unix time in milliseconds
    version      INTEGER NOT NULL,              -- from 1, one more with each change
    member_count INTEGER NOT NULL               -- of groups_members, so that a list of groups need not count them
) STRICT, WITHOUT ROWID;

-- Its members, in the order of their service.
CREATE TABLE groups_members (
    group_id      TEXT    NOT NULL REFERENCES groups_groups ON DELETE CASCADE,
    ordinal       INTEGER NOT NULL,             -- rises with each joining
    user_id       TEXT    NOT NULL,
    role          INTEGER NOT NULL,             -- 0 member, 1 admin, 2 owner
    joined_at     INTEGER NOT NULL,             -- the conversation's head when the member was added
    visible_after INTEGER NOT NULL,             -- messages above this may be seen
    PRIMARY KEY (group_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX groups_members_by_user ON groups_members (user_id, group_id);

-- Two owners are impossible, whatever the code above does.
CREATE UNIQUE INDEX groups_owners ON groups_members (group_id) WHERE role = 2;

-- How many groups a user is in, so that the limit costs one look-up and no count.
CREATE TABLE groups_users (
    user_id     TEXT    NOT NULL PRIMARY KEY,
    group_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
