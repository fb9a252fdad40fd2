-- Ends claims, each only if its fencing token is the present one.
--
-- ARGV[2…]  five a claim: what, queue, id, fence, due time in ms
--           done     the journal has the outcome: the job leaves the index
--           retry    an attempt is used up: delayed until the due time
--           release  handed back unspent: ready again at its old place
--           recover  its lease has ended: ready again at its old place, one more worker lost
-- Returns   1 or 0 a claim: 0 if it is another's by now
-- Cost      O(log n) a claim

local out = {}
local finished = {}
local busy = {}
local marks = redis.call('EXISTS', cancelled) == 1
for i = 2, #ARGV, 5 do
  local what, q, id, fence, due = ARGV[i], queue_of(ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3], tonumber(ARGV[i + 4])
  local run = redis.call('HGET', q.run, id)
  local held = run and string.sub(run, 1, #fence + 1) == fence .. ' '
  if held and what == 'recover' then
    held = tonumber(redis.call('ZSCORE', q.leases, id) or 0) <= now
  end
  local blob = held and redis.call('HGET', q.jobs, id)
  if blob then
    local score, _, group, exclusive = header(blob)
    redis.call('ZREM', q.leases, id)
    redis.call('HDEL', q.run, id)
    if redis.call('HINCRBY', q.load, group, -1) <= 0 then
      redis.call('HDEL', q.load, group)
    end
    local held_key = exclusive ~= '' and redis.call('HGET', q.held, exclusive) == id
    if held_key then
      redis.call('HDEL', q.held, exclusive)
    end
    if what == 'done' then
      redis.call('HDEL', q.jobs, id)
      redis.call('HDEL', q.attempts, id)
      redis.call('HDEL', q.crashes, id)
      if marks then
        redis.call('ZREM', cancelled, id)
      end
      finished[q.name] = (finished[q.name] or 0) + 1
      busy[q.name] = (busy[q.name] or 0) + now - tonumber(string.match(run, '%d+$'))
    elseif what == 'retry' then
      redis.call('HINCRBY', q.attempts, id, 1)
      redis.call('ZADD', q.delayed, due, id)
      wake(q)
    else
      if what == 'recover' then
        redis.call('HINCRBY', q.crashes, id, 1)
      end
      offer(q, id, score, group)
      wake(q)
    end
    replace(q, group)
    -- After the job itself was offered again, so that the first of both gets the key.
    if held_key then
      unpark(q, exclusive)
    end
    out[#out + 1] = 1
  else
    out[#out + 1] = 0
  end
end
for name, n in pairs(finished) do
  count(queue_of(name), 'out', n)
  count(queue_of(name), 'busy', busy[name])
end
return out
