-- The oldest of what is due for a device.
-- KEYS[1] hash: conversation -> seqNo, a blank, since: the device's items
-- KEYS[2] sorted set: conversation -> since: the order of the items. Only where there are, or were, more than are read at once: made here where there is none, or where it is not
-- that of the items, as servers of the version before keep none
-- ARGV[1] integer: the most items
-- ARGV[2] integer: how long the keys are kept, ms
-- Returns {conversation; seqNo, a blank, since; conversation; ...}
local count = redis.call('HLEN', KEYS[1])
if count <= tonumber(ARGV[1]) then
  return redis.call('HGETALL', KEYS[1])
end

-- Nil where the order is not that of the items.
local function read()
  if redis.call('ZCARD', KEYS[2]) ~= count then
    return nil
  end
  local answer = {}
  for _, conversation in ipairs(redis.call('ZRANGE', KEYS[2], 0, ARGV[1] - 1)) do
    local item = redis.call('HGET', KEYS[1], conversation)
    if not item then
      return nil
    end
    answer[#answer + 1] = conversation
    answer[#answer + 1] = item
  end
  return answer
end

local answer = read()
if answer then
  return answer
end
redis.call('DEL', KEYS[2])
local items = redis.call('HGETALL', KEYS[1])
for i = 1, #items, 2 do
  redis.call('ZADD', KEYS[2], string.match(items[i + 1], ' (%d+)$'), items[i])
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return read()
