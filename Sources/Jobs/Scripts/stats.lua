-- Counts each queue, from counters and cardinalities alone.
--
-- ARGV[2…]  queues
-- Returns   now, then twelve a queue: name, live jobs, delayed, running, blocked, paused (1 or 0),
--           submission time of the longest waiting head (ms, 0: none), earliest deadline among the heads
--           (ms, 0: none), accepted in the last full minute, finished in the last full minute, groups waiting,
--           ms of work that ended in the last full minute
-- Cost      O(groups with ready jobs), 1,000 of them at most

local function milliseconds(id)
  local a, b, c, d, e, f = string.byte(id, 1, 6)
  return ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f
end

local minute = math.floor(now / 60000) - 1
local out = { now }
for i = 2, #ARGV do
  local q = queue_of(ARGV[i])
  local oldest, soonest = 0, 0
  for _, group in ipairs(redis.call('ZRANGE', q.ring, 0, 999)) do
    local id = redis.call('ZRANGE', q.ready .. group, 0, 0)[1]
    local blob = id and redis.call('HGET', q.jobs, id)
    if blob then
      local _, deadline = header(blob)
      local submitted = milliseconds(id)
      if oldest == 0 or submitted < oldest then oldest = submitted end
      if deadline > 0 and (soonest == 0 or deadline < soonest) then soonest = deadline end
    end
  end
  local rates = redis.call('HMGET', q.rate .. minute, 'in', 'out', 'busy')
  for _, value in ipairs({
    q.name,
    redis.call('HLEN', q.jobs),
    redis.call('ZCARD', q.delayed),
    redis.call('ZCARD', q.leases),
    tonumber(redis.call('HGET', q.meta, 'blocked') or 0),
    redis.call('HGET', q.meta, 'paused') and 1 or 0,
    oldest,
    soonest,
    tonumber(rates[1] or 0),
    tonumber(rates[2] or 0),
    redis.call('ZCARD', q.ring),
    tonumber(rates[3] or 0),
  }) do
    out[#out + 1] = value
  end
end
return out
