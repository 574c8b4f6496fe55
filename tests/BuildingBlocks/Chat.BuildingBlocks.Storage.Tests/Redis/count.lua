-- KEYS[1] sorted set: a count. ARGV[1] integer: how much more. Returns the count, and 1.
local count = redis.call('ZADD', KEYS[1], 'INCR', ARGV[1], 'count')
return {tonumber(count), redis.call('PEXPIRE', KEYS[1], 60000)}
