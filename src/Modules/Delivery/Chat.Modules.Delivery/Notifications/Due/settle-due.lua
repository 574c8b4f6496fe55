-- Ends a claim of a device.
-- KEYS[1] sorted set: device -> when it is due, in ms of Redis's clock; of a claimed one the end of the claim
-- KEYS[2] sorted set: device -> lowest since of its items, Unix ms
-- KEYS[3] hash: device -> who has claimed it
-- KEYS[4] hash: device -> failed attempts, a blank, the reason of the last one
-- KEYS[5] hash: conversation -> seqNo, a blank, since: the device's items
-- KEYS[6] sorted set: conversation -> since: the order of the items, where there is one (read-due.lua)
-- ARGV[1] string: the device
-- ARGV[2] string: who has claimed it
-- ARGV[3] integer: when what is left is due, ms from now
-- ARGV[4] string: failed attempts, a blank, the reason of the last one; '' for none
-- ARGV[5] integer: how long the keys are kept, ms
-- ARGV[6], ARGV[7] string, integer: conversation, seqNo of an item that is done, unless it has a higher seqNo now; and so on
-- Returns 1; 0 where somebody else has claimed it
if redis.call('HGET', KEYS[3], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('HDEL', KEYS[3], ARGV[1])
local ordered = redis.call('EXISTS', KEYS[6]) == 1
for i = 6, #ARGV, 2 do
  local there = redis.call('HGET', KEYS[5], ARGV[i])
  if there and tonumber(string.match(there, '^(%d+) ')) <= tonumber(ARGV[i + 1]) then
    redis.call('HDEL', KEYS[5], ARGV[i])
    if ordered then
      redis.call('ZREM', KEYS[6], ARGV[i])
    end
  end
end
local left = redis.call('HLEN', KEYS[5])
if left == 0 then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('HDEL', KEYS[4], ARGV[1])
  if ordered then
    redis.call('DEL', KEYS[6])
  end
  return 1
end
local oldest = nil
if ordered and redis.call('ZCARD', KEYS[6]) == left then
  oldest = redis.call('ZRANGE', KEYS[6], 0, 0, 'WITHSCORES')[2]
else
  for _, item in ipairs(redis.call('HVALS', KEYS[5])) do
    local since = tonumber(string.match(item, ' (%d+)$'))
    if not oldest or since < oldest then
      oldest = since
    end
  end
end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[2], oldest, ARGV[1])
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[4], ARGV[1])
else
  redis.call('HSET', KEYS[4], ARGV[1], ARGV[4])
end
for i = 1, ordered and 6 or 5 do
  redis.call('PEXPIRE', KEYS[i], ARGV[5])
end
return 1
