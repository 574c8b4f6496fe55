-- Names what a shard of a Redis Cluster holds.
-- KEYS[1] string: the name, made where there is none; another one means that what was there is gone
-- ARGV[1] string: a new name
-- ARGV[2] integer: the key's life, ms
-- Returns the name, with the process: a replica that became the primary has the name, but not all that was written
redis.call('SET', KEYS[1], ARGV[1], 'NX')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local process = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
return redis.call('GET', KEYS[1]) .. ' ' .. process
