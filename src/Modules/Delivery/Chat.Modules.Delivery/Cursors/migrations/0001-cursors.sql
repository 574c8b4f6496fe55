-- How far a device has acked a conversation, and (with an empty device_id) how far its user has: the furthest device, and what was read.
-- Read by user and device when one connects, and by whole key. Grows with devices × conversations; rows are overwritten in place.
CREATE TABLE delivery_cursors (
    user_id         TEXT    NOT NULL,
    device_id       TEXT    NOT NULL,
    conversation_id TEXT    NOT NULL,
    delivered       INTEGER NOT NULL,
    read            INTEGER NOT NULL,
    PRIMARY KEY (user_id, device_id, conversation_id)
) STRICT, WITHOUT ROWID;

-- The devices that have ever connected: a user's first one gets everything that waits, a later one begins at the heads.
CREATE TABLE delivery_devices (
    user_id    TEXT    NOT NULL,
    device_id  TEXT    NOT NULL,
    first_seen INTEGER NOT NULL, -- Unix ms
    PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;
