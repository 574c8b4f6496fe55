-- Removes a key of another type than it should be.
-- KEYS[1] any type: the key
-- KEYS[2] string: what says that all is there, which is removed with it; not always given
-- ARGV[1] string: a command that reads a key of the right type
-- Returns 1; 0 where the type is right
local answer = redis.pcall(ARGV[1], KEYS[1])
if type(answer) ~= 'table' or not answer.err or not string.find(answer.err, 'WRONGTYPE') then
  return 0
end
redis.call('DEL', unpack(KEYS))
return 1
