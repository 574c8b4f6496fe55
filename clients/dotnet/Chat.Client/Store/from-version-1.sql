-- Version 1 had a column for the text and one for the reply, and no room for more.
ALTER TABLE message RENAME TO message_1;
CREATE TABLE message (
  conversation TEXT NOT NULL,
  seq_no INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  client_msg_id TEXT,
  content TEXT NOT NULL,
  PRIMARY KEY (conversation, seq_no)
) STRICT, WITHOUT ROWID;
INSERT INTO message (conversation, seq_no, message_id, sender_id, timestamp, client_msg_id, content)
  SELECT conversation, seq_no, message_id, sender_id, timestamp, client_msg_id,
    iif(reply_to IS NULL, json_object('text', text), json_object('text', text, 'replyTo', reply_to))
  FROM message_1;
DROP TABLE message_1;
PRAGMA user_version = 2;
