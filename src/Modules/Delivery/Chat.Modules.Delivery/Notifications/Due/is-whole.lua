-- Whether what was due is there still.
-- KEYS[1] string: the process of Redis in which all was there
-- ARGV[1] integer: how long the key is kept, ms
-- Returns 1 or 0: another process, a replica that became the primary, may not have all
redis.call('PEXPIRE', KEYS[1], ARGV[1])
local process = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
return redis.call('GET', KEYS[1]) == process and 1 or 0
