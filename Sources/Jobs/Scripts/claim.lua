-- Gives a worker the jobs that come first over all of its queues, each under a lease and a fencing token.
--
-- ARGV[2]   worker
-- ARGV[3]   how many at most
-- ARGV[4]   the least urgent priority wanted
-- ARGV[5]   lease in ms
-- ARGV[6…]  queues
-- Returns   {now, next due time or 0, then seven a claim: queue, id, blob, fence, attempts used up,
--            workers lost, verdict: 0 to be run, 1 its deadline has passed, 2 it is to be taken back}
-- Cost      O(log n) a claim; delayed jobs that are due are moved on the way, 200 a queue and call.
--           A job whose exclusive key is held is parked with the key and not looked at again until it is freed.

local worker = ARGV[2]
local limit = tonumber(ARGV[3])
local bound = (tonumber(ARGV[4]) + 1) * BAND
local expiry = now + tonumber(ARGV[5])
local budget = limit * 4 + 200
local next_due = 0
local heads = {}
local marks = redis.call('EXISTS', cancelled) == 1

local function look(q)
  local head = redis.call('ZRANGE', q.ring, 0, 0, 'WITHSCORES')
  heads[q.name] = head[1] and { group = head[1], score = tonumber(head[2]) } or nil
end

for i = 6, #ARGV do
  local q = queue_of(ARGV[i])
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', q.delayed, '-inf', now, 'LIMIT', 0, 200)) do
    redis.call('ZREM', q.delayed, id)
    local blob = redis.call('HGET', q.jobs, id)
    if blob then
      local score, _, group = header(blob)
      offer(q, id, score, group)
    end
  end
  local soonest = redis.call('ZRANGE', q.delayed, 0, 0, 'WITHSCORES')
  if soonest[1] then
    local due = tonumber(soonest[2])
    if next_due == 0 or due < next_due then next_due = due end
  end
  if not redis.call('HGET', q.meta, 'paused') then look(q) end
end

local out = { now, next_due }
local claimed = 0
while claimed < limit and budget > 0 do
  budget = budget - 1
  local q, head
  for name, candidate in pairs(heads) do
    if not head or candidate.score < head.score or (candidate.score == head.score and name < q.name) then
      q, head = queue_of(name), candidate
    end
  end
  if not head or head.score >= bound then break end
  local group = head.group
  local popped = redis.call('ZPOPMIN', q.ready .. group)
  local id = popped[1]
  local blob = id and redis.call('HGET', q.jobs, id)
  if blob then
    local _, deadline, _, exclusive = header(blob)
    local verdict = 0
    if marks and redis.call('ZSCORE', cancelled, id) then
      verdict = 2
    elseif deadline > 0 and deadline <= now then
      verdict = 1
    end
    if exclusive ~= '' and verdict == 0 and redis.call('HSETNX', q.held, exclusive, id) == 0 then
      redis.call('ZADD', q.blocked .. exclusive, popped[2], id)
      redis.call('HINCRBY', q.meta, 'blocked', 1)
    else
      local fence = lend(q, id, group, worker, expiry)
      local n = #out
      out[n + 1] = q.name
      out[n + 2] = id
      out[n + 3] = blob
      out[n + 4] = fence
      out[n + 5] = tonumber(redis.call('HGET', q.attempts, id) or 0)
      out[n + 6] = tonumber(redis.call('HGET', q.crashes, id) or 0)
      out[n + 7] = verdict
      claimed = claimed + 1
    end
  end
  replace(q, group)
  look(q)
end

-- Whatever is left may be work for another worker that sleeps.
for name in pairs(heads) do
  wake(queue_of(name))
end

-- A worker that got all it asked for may not come back before the next delayed job is due: let another one know.
if claimed == limit and next_due > 0 then
  wake(queue_of(ARGV[6]))
end
return out
