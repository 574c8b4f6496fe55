-- An outbox entry may be a change of a message, which version 3 would send as a message. And version 3 took changes for holes: messages of conversations
-- with holes may be older than the server's, and are read again. They are counted already.
CREATE TEMP TABLE stale AS SELECT id FROM conversation AS c
  WHERE (SELECT coalesce(sum(json_extract(value, '$.to') - json_extract(value, '$.from') + 1), 0) FROM json_each(c.body, '$.spans'))
    > (SELECT count(*) FROM message WHERE conversation = c.id);
DELETE FROM message WHERE conversation IN (SELECT id FROM stale);
UPDATE conversation SET body = json_set(body, '$.spans', json('[]'), '$.listedTo', json_extract(body, '$.maxSeqNo')) WHERE id IN (SELECT id FROM stale);
DROP TABLE stale;
PRAGMA user_version = 4;
