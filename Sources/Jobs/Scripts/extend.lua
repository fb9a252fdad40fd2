-- Extends leases that are still held.
--
-- ARGV[2]   lease in ms
-- ARGV[3…]  three a claim: queue, id, fence (8 bytes)
-- Returns   1 or 0 a claim: 0 if it is lost
-- Cost      O(log n) a claim

local expiry = now + tonumber(ARGV[2])
local out = {}
for i = 3, #ARGV, 3 do
  local q, id, fence = queue_of(ARGV[i]), ARGV[i + 1], ARGV[i + 2]
  if holds(redis.call('HGET', q.run, id), fence) then
    redis.call('ZADD', q.leases, expiry, id)
    out[#out + 1] = 1
  else
    out[#out + 1] = 0
  end
end
return out
