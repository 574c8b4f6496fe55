-- Version 1. What is read whole and changes its shape is JSON; messages are read by place and counted by sender, so they have columns.
CREATE TABLE installation (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL) STRICT;
CREATE TABLE conversation (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE message (
  conversation TEXT NOT NULL,
  seq_no INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  text TEXT NOT NULL,
  timestamp INTEGER NOT NULL,    -- Unix milliseconds
  reply_to TEXT,
  client_msg_id TEXT,
  PRIMARY KEY (conversation, seq_no)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (place INTEGER PRIMARY KEY AUTOINCREMENT, client_msg_id TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
PRAGMA user_version = 1;
