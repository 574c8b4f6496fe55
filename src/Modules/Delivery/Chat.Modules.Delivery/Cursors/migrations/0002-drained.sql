-- Up to which position of the log's feed a device has everything in its direct conversations: what it connects for is only looked for above it.
-- Counts only for the device's row of that first_seen: a device that was forgotten begins anew.
-- Read by key when a device connects. Grows with devices; a row is overwritten in place.
CREATE TABLE delivery_drained (
    user_id    TEXT    NOT NULL,
    device_id  TEXT    NOT NULL,
    first_seen INTEGER NOT NULL,
    epoch      TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;
