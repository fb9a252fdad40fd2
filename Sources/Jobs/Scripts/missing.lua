-- Tells which jobs the index does not hold.
--
-- ARGV[2…]  parts: queue, count, then so many ids
-- Returns   their places among all ids, from 0
-- Cost      O(1) a job, in one command for many

local out = {}
local i, before = 2, 0
while i <= #ARGV do
  local n = tonumber(ARGV[i + 1])
  local ids = {}
  for j = 1, n do
    ids[j] = ARGV[i + 1 + j]
  end
  for j, blob in ipairs(redis.call('HMGET', queue_of(ARGV[i]).jobs, unpack(ids))) do
    if not blob then out[#out + 1] = before + j - 1 end
  end
  i, before = i + 2 + n, before + n
end
return out
