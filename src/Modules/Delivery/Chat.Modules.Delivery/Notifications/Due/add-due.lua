-- Adds what is due for a device.
-- KEYS[1] sorted set: device -> when it is due, in ms of Redis's clock; of a claimed one the end of the claim
-- KEYS[2] sorted set: device -> lowest since of its items, Unix ms
-- KEYS[3] hash: device -> who has claimed it
-- KEYS[4] hash: device -> failed attempts, a blank, the reason of the last one
-- KEYS[5] hash: conversation -> seqNo, a blank, since: the device's items
-- KEYS[6] sorted set: conversation -> since: the order of the items, where there is one (read-due.lua)
-- ARGV[1] string: the device
-- ARGV[2] integer: how long the keys are kept, ms
-- ARGV[3], ARGV[4], ARGV[5] string, integer, integer: conversation, seqNo, since; and so on
-- Returns 1
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ordered = redis.call('EXISTS', KEYS[6]) == 1
local oldest = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]))
for i = 3, #ARGV, 3 do
  local seq, since = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local there = redis.call('HGET', KEYS[5], ARGV[i])
  if there then
    local old_seq, old_since = string.match(there, '^(%d+) (%d+)$')
    seq, since = math.max(seq, tonumber(old_seq)), math.min(since, tonumber(old_since))
  end
  redis.call('HSET', KEYS[5], ARGV[i], string.format('%.0f %.0f', seq, since))
  if ordered then
    redis.call('ZADD', KEYS[6], since, ARGV[i])
  end
  if not oldest or since < oldest then
    oldest = since
  end
end
redis.call('ZADD', KEYS[2], oldest, ARGV[1])
local due = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
local waits = redis.call('HGET', KEYS[3], ARGV[1])
  or redis.call('HGET', KEYS[4], ARGV[1])
if not due or (not waits and now < due) then
  redis.call('ZADD', KEYS[1], now, ARGV[1])
end
for i = 1, ordered and 6 or 5 do
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
end
return 1
