-- Lists claims whose lease has ended.
--
-- ARGV[2]   how many at most a queue
-- ARGV[3…]  queues
-- Returns   six a claim: queue, id, blob, claim, workers lost before, attempts used up
-- Cost      O(log n) a claim

local out = {}
for i = 3, #ARGV do
  local q = queue_of(ARGV[i])
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', q.leases, '-inf', now, 'LIMIT', 0, tonumber(ARGV[2]))) do
    local run, blob = redis.call('HGET', q.run, id), redis.call('HGET', q.jobs, id)
    if run and blob then
      local n = #out
      out[n + 1] = q.name
      out[n + 2] = id
      out[n + 3] = blob
      out[n + 4] = run
      out[n + 5] = tonumber(redis.call('HGET', q.crashes, id) or 0)
      out[n + 6] = tonumber(redis.call('HGET', q.attempts, id) or 0)
    else
      redis.call('ZREM', q.leases, id)
    end
  end
end
return out
