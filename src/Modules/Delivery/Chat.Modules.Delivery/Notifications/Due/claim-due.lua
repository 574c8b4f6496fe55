-- Claims devices that are due, those that are due longest first.
-- KEYS[1] sorted set: device -> when it is due, in ms of Redis's clock; of a claimed one the end of the claim
-- KEYS[2] hash: device -> who has claimed it
-- KEYS[3] hash: device -> failed attempts, a blank, the reason of the last one
-- ARGV[1] integer: the most devices
-- ARGV[2] integer: the lease, ms
-- ARGV[3] string: who claims them
-- ARGV[4] integer: how long the keys are kept, ms
-- Returns {device, its entry of KEYS[3] or '', device, ...}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {}
for _, device in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
  redis.call('ZADD', KEYS[1], now + ARGV[2], device)
  redis.call('HSET', KEYS[2], device, ARGV[3])
  answer[#answer + 1] = device
  answer[#answer + 1] = redis.call('HGET', KEYS[3], device) or ''
end
if #answer > 0 then
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
return answer
