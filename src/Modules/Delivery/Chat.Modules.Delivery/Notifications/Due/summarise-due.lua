-- How much is due.
-- KEYS[1] sorted set: device -> when it is due
-- KEYS[2] sorted set: device -> lowest since of its items, Unix ms
-- Returns {devices, lowest since or 0}
local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
return {redis.call('ZCARD', KEYS[1]), oldest[2] or '0'}
