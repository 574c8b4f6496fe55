-- Lets one server look again at what was lost.
-- KEYS[1] string: the server that does
-- ARGV[1] string: the server that asks
-- ARGV[2] integer: for how long, ms
-- Returns 0: another one does; 1: it begins; 2: it goes on
local who = redis.call('GET', KEYS[1])
if who and who ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return who and 2 or 1
