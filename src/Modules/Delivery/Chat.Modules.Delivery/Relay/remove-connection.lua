-- Removes a device's connection, unless a newer one is registered.
-- KEYS[1] hash: device -> node, a blank, the connection's order
-- ARGV[1] string: the device
-- ARGV[2] string: the node, a blank, the connection's order
-- Returns 1 where it was there, else 0
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0
