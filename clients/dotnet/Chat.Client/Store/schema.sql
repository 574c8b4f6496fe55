-- Version 5. What is read whole and changes its shape is JSON; messages are read by seqNo and counted by sender, so they have columns for that.
CREATE TABLE installation (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL) STRICT;
CREATE TABLE conversation (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE message (
  conversation TEXT NOT NULL,
  seq_no INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  timestamp INTEGER NOT NULL,    -- Unix milliseconds
  client_msg_id TEXT,
  content TEXT NOT NULL,         -- MessageState, with what this version does not know of it
  PRIMARY KEY (conversation, seq_no)
) STRICT, WITHOUT ROWID;
CREATE TABLE notice (conversation TEXT NOT NULL, seq_no INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (conversation, seq_no)) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (place INTEGER PRIMARY KEY AUTOINCREMENT, client_msg_id TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
PRAGMA user_version = 5;
