-- What a user has set for a conversation. A row for each conversation in which the user ever set something; a null was never set.
CREATE TABLE messaging_own_settings (
    user_id         TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    muted_until     INTEGER,            -- Unix time in milliseconds; one that has passed: not muted
    PRIMARY KEY (user_id, conversation_id)
) STRICT, WITHOUT ROWID;
