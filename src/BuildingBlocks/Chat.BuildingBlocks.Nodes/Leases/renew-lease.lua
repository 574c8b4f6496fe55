-- Renews a node's lease, or gives it one, and says whose leases run.
-- KEYS[1] sorted set: node -> end of its lease, in ms of Redis's clock
-- KEYS[2] string: the name of what this Redis holds, made with the first lease; another name means that what was there is gone
-- ARGV[1] string: the node
-- ARGV[2] string: who it was before, whose lease ends; '' for none
-- ARGV[3] integer: the lease, ms
-- ARGV[4] string: the content that the node knows, as returned here before; '' for a node that has no lease
-- ARGV[5] string: a new name
-- ARGV[6] '1': something in this Redis is gone, and its name with it; else ''
-- Returns {1 or 0: the lease had ended, content, ms now, node, end of its lease, node, end of its lease, ...}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = tonumber(ARGV[3])
local life = lease * 20

if ARGV[6] == '1' then
  redis.call('DEL', KEYS[2])
end
redis.call('SET', KEYS[2], ARGV[5], 'NX')
redis.call('PEXPIRE', KEYS[2], life)
-- A replica that became the primary has the name, but not all that was written: its process is another.
local process = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local content = redis.call('GET', KEYS[2]) .. ' ' .. process

if ARGV[2] ~= '' then
  redis.call('ZREM', KEYS[1], ARGV[2])
end
if ARGV[4] == content then
  local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
  if not before or tonumber(before) < now then
    redis.call('ZREM', KEYS[1], ARGV[1])
    return {0, content, now}
  end
end
redis.call('ZADD', KEYS[1], now + lease, ARGV[1])
-- No lease is longer than a minute: one that ends later was given before the clock went back.
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now + 60001, '+inf')) do
  redis.call('ZADD', KEYS[1], now + lease, node)
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - lease * 10)
redis.call('PEXPIRE', KEYS[1], life)

local answer = {1, content, now}
for _, word in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf', 'WITHSCORES')) do
  answer[#answer + 1] = word
end
return answer
