-- The connections of a user's devices.
-- KEYS[1] hash: device -> node, a blank, the connection's order
-- Returns {node, a blank, order; ...}
return redis.call('HVALS', KEYS[1])
