-- Puts accepted jobs into the index. A job that is there already is left alone, so it may be called again.
--
-- ARGV[2…]  five a job: queue, id (16 bytes), due time in ms, attempts used up, blob
-- Returns   how many were new
-- Cost      O(log n) a job

local added = 0
local touched = {}
for i = 2, #ARGV, 5 do
  local q, id, due, attempts, blob = queue_of(ARGV[i]), ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), ARGV[i + 4]
  if redis.call('HSETNX', q.jobs, id, blob) == 1 then
    added = added + 1
    touched[q.name] = (touched[q.name] or 0) + 1
    if attempts > 0 then
      redis.call('HSET', q.attempts, id, attempts)
    end
    if due > now then
      redis.call('ZADD', q.delayed, due, id)
    else
      local score, _, group = header(blob)
      offer(q, id, score, group)
    end
  end
end
for name, n in pairs(touched) do
  local q = queue_of(name)
  redis.call('SADD', ns .. 'queues', name)
  wake(q)
  count(q, 'in', n)
end
return added
