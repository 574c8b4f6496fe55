-- Ends a node's lease.
-- KEYS[1] sorted set: node -> end of its lease
-- ARGV[1] string: the node
-- Returns 1 where it had one, else 0
return redis.call('ZREM', KEYS[1], ARGV[1])
