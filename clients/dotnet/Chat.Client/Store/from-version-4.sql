-- Version 4 did not know threads, mentions and notices: the messages of conversations in which one stands in a thread, and of those with entries that are no messages
-- (notices, and changes, which may have been deletions in a thread or edits of mentions), are read again. They are counted already.
CREATE TABLE notice (conversation TEXT NOT NULL, seq_no INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (conversation, seq_no)) STRICT, WITHOUT ROWID;
CREATE TEMP TABLE stale AS SELECT id FROM conversation AS c
  WHERE (SELECT coalesce(sum(json_extract(value, '$.to') - json_extract(value, '$.from') + 1), 0) FROM json_each(c.body, '$.spans'))
      > (SELECT count(*) FROM message WHERE conversation = c.id)
    OR EXISTS (SELECT 1 FROM message WHERE conversation = c.id AND json_extract(content, '$.threadId') IS NOT NULL);
DELETE FROM message WHERE conversation IN (SELECT id FROM stale);
UPDATE conversation SET body = json_set(body, '$.spans', json('[]'), '$.stale', json('[]'), '$.listedTo', json_extract(body, '$.maxSeqNo'))
  WHERE id IN (SELECT id FROM stale);
DROP TABLE stale;
PRAGMA user_version = 5;
