-- Registers a device's connection, as the newest one or at the place that it has.
-- KEYS[1] hash: device -> node, a blank, the connection's order
-- ARGV[1] string: the device
-- ARGV[2] string: the node
-- ARGV[3] integer: the connection's order, 0 for one that is new
-- ARGV[4] integer: how long the key is kept, ms
-- Returns the connection's order, in microseconds of Redis's clock or higher; 0 where a newer connection is registered
local before = redis.call('HGET', KEYS[1], ARGV[1])
local last = before and tonumber(string.match(before, ' (%d+)$')) or 0
local order = tonumber(ARGV[3])
if order == 0 then
  local time = redis.call('TIME')
  order = math.max(last + 1, time[1] * 1000000 + time[2])
elseif order < last then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', order))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return order
