-- Devices that have a notification to be sent, or a withdrawal, and when to look at each. Read in the order of due_ms; written with each notification.
-- Grows with the devices that have something due.
CREATE TABLE delivery_push_queue (
    kind      INTEGER NOT NULL, -- PushKind
    user_id   TEXT    NOT NULL,
    device_id TEXT    NOT NULL,
    due_ms    INTEGER NOT NULL, -- Unix ms; of a claimed one the end of the claim
    claim     TEXT,             -- who has claimed it
    attempts  INTEGER NOT NULL, -- that failed since the last one that did not
    reason    TEXT,             -- why the last one failed
    PRIMARY KEY (kind, user_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_push_queue_due ON delivery_push_queue (kind, due_ms);
CREATE INDEX delivery_push_queue_claimed ON delivery_push_queue (claim) WHERE claim IS NOT NULL;

-- What is due for a device of the queue: one row for each conversation.
CREATE TABLE delivery_push_due (
    kind            INTEGER NOT NULL,
    user_id         TEXT    NOT NULL,
    device_id       TEXT    NOT NULL,
    conversation_id TEXT    NOT NULL,
    up_to           INTEGER NOT NULL, -- seqNo
    since_ms        INTEGER NOT NULL, -- Unix ms
    PRIMARY KEY (kind, user_id, device_id, conversation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_push_due_since ON delivery_push_due (kind, since_ms);

-- Up to where a device was notified of a conversation, and up to where that was withdrawn. Read and written by key with each notification.
-- Grows with devices × conversations, and goes with the device.
CREATE TABLE delivery_push_notified (
    user_id         TEXT    NOT NULL,
    device_id       TEXT    NOT NULL,
    conversation_id TEXT    NOT NULL,
    notified        INTEGER NOT NULL, -- seqNo
    withdrawn       INTEGER NOT NULL, -- seqNo
    PRIMARY KEY (user_id, device_id, conversation_id)
) STRICT, WITHOUT ROWID;

-- Notifications that were given up, for the operator. Push:MaxDead rows, kept for 7 days.
CREATE TABLE delivery_push_dead (
    dead_id         TEXT    NOT NULL PRIMARY KEY, -- rises with the time
    kind            INTEGER NOT NULL,
    user_id         TEXT    NOT NULL,
    device_id       TEXT    NOT NULL,
    conversation_id TEXT    NOT NULL,
    seq_no          INTEGER NOT NULL,
    reason          TEXT    NOT NULL,
    status          INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    since_ms        INTEGER NOT NULL,
    died_ms         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
