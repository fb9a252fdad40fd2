-- Takes jobs back that wait, by claiming them itself; those that run are marked, for their worker to see.
--
-- ARGV[2]   who cancels, as the claims' worker
-- ARGV[3]   lease in ms: should the canceller die, the job turns up again, marked
-- ARGV[4…]  three a job: queue, id, 1 if it is superseded: then one that runs is left alone
-- Returns   now, then three a job: state (absent, running, taken), fence, workers lost
-- Cost      O(log n) a job

local expiry = now + tonumber(ARGV[3])
local out = { now }
for i = 4, #ARGV, 3 do
  local q, id = queue_of(ARGV[i]), ARGV[i + 1]
  local blob = redis.call('HGET', q.jobs, id)
  local state, fence = 'absent', 0
  if blob and redis.call('HEXISTS', q.run, id) == 1 then
    state = 'running'
    if ARGV[i + 2] ~= '1' then
      redis.call('ZADD', cancelled, now, id)
    end
  elseif blob then
    state = 'taken'
    local _, _, group, exclusive = header(blob)
    if redis.call('ZREM', q.delayed, id) == 0 and redis.call('ZREM', q.ready .. group, id) == 0
        and exclusive ~= '' and redis.call('ZREM', q.blocked .. exclusive, id) == 1 then
      redis.call('HINCRBY', q.meta, 'blocked', -1)
    end
    redis.call('ZADD', cancelled, now, id)
    fence = lend(q, id, group, exclusive, ARGV[2], expiry)
    replace(q, group)
  end
  for _, value in ipairs({ state, fence, tonumber(redis.call('HGET', q.crashes, id) or 0) }) do
    out[#out + 1] = value
  end
end
return out
