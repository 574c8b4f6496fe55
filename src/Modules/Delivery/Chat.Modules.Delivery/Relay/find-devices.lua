-- The devices of a user that are connected.
-- KEYS[1] hash: device -> node, a blank, the connection's order
-- Returns {device; node, a blank, order; device; ...}
return redis.call('HGETALL', KEYS[1])
