-- Tells which of a worker's jobs are to be taken back.
--
-- ARGV[2…]  ids
-- Returns   1 or 0 a job; nothing at all if no job of the fleet is
-- Cost      O(1) if none is, else O(log n) a job

if redis.call('EXISTS', cancelled) == 0 then
  return {}
end
local out = {}
for i = 2, #ARGV do
  out[#out + 1] = redis.call('ZSCORE', cancelled, ARGV[i]) and 1 or 0
end
return out
