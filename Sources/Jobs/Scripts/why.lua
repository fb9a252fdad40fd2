-- Tells what stands between a job and its start.
--
-- ARGV[2]   queue
-- ARGV[3]   id
-- Returns   {state, paused (1 or 0), jobs ahead in its group, jobs ahead in other groups, running jobs of its
--           group, holder of its exclusive key or '', due time in ms or 0, 1 if to be taken back}; state as locate's
-- Cost      O(log n) a group with ready jobs, 1,000 of them at most

local q, id = queue_of(ARGV[2]), ARGV[3]
local blob = redis.call('HGET', q.jobs, id)
local paused = redis.call('HEXISTS', q.meta, 'paused')
if not blob then
  return { 'absent', paused, 0, 0, 0, '', 0, 0 }
end
local score, _, group, exclusive = header(blob)
local holder = exclusive ~= '' and redis.call('HGET', q.held, exclusive) or ''
local state, own, others, due = 'ready', 0, 0, 0
if redis.call('HEXISTS', q.run, id) == 1 then
  state = 'running'
elseif redis.call('ZSCORE', q.delayed, id) then
  state, due = 'delayed', tonumber(redis.call('ZSCORE', q.delayed, id))
elseif exclusive ~= '' and redis.call('ZSCORE', q.blocked .. exclusive, id) then
  state = 'blocked'
else
  own = redis.call('ZRANK', q.ready .. group, id) or 0
  for _, other in ipairs(redis.call('ZRANGE', q.ring, 0, 999)) do
    if other ~= group then
      others = others + redis.call('ZCOUNT', q.ready .. other, '-inf', string.format('(%.0f', score))
    end
  end
end
return {
  state, paused, own, others, tonumber(redis.call('HGET', q.load, group) or 0), holder or '', due,
  redis.call('ZSCORE', cancelled, id) and 1 or 0,
}
