-- What is due for a device.
-- KEYS[1] hash: conversation -> seqNo, a blank, since
-- Returns {conversation; seqNo, a blank, since; conversation; ...}
return redis.call('HGETALL', KEYS[1])
