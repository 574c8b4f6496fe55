-- Notes that all is there.
-- KEYS[1] string: the process of Redis in which all was there
-- KEYS[2] string: the server that has looked again; not given where another shard has it
-- ARGV[1] integer: how long the key is kept, ms
-- ARGV[2] string: the server that has looked again; nothing happens if it is another now, or none: more was lost
-- Returns 1 or 0
if KEYS[2] then
  if redis.call('GET', KEYS[2]) ~= ARGV[2] then
    return 0
  end
  redis.call('DEL', KEYS[2])
end
local process = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
redis.call('SET', KEYS[1], process, 'PX', ARGV[1])
return 1
