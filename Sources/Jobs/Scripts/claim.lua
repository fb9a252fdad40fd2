-- Gives a worker the jobs that come first over all of its queues, each under a lease and a fencing token.
--
-- ARGV[2]   worker
-- ARGV[3]   how many at most
-- ARGV[4]   the least urgent priority wanted
-- ARGV[5]   lease in ms
-- ARGV[6…]  queues
-- Returns   {now, next due time or 0, fence of the first claim, remarks, then two a claim: id, blob}; the fences of
--           the other claims follow the first. Most claims need no remark; four a remark: which claim, from 0,
--           attempts used up, workers lost, verdict: 0 to be run, 1 its deadline has passed, 2 it is to be taken back
-- Cost      O(log n) a claim, in few commands for many: jobs of one group that come first together are taken
--           together; delayed jobs that are due are moved on the way, 200 a queue and call.
--           A job whose exclusive key is held is parked with the key and not looked at again until it is freed.

local worker = ARGV[2]
local limit = tonumber(ARGV[3])
local bound = (tonumber(ARGV[4]) + 1) * BAND
local expiry = now + tonumber(ARGV[5])
local budget = limit * 4 + 200
local next_due = 0
local heads = {}
local names = {}
local marks = redis.call('EXISTS', cancelled) == 1

-- The first group of a queue's ring, and the one after it.
local function look(q)
  local head = redis.call('ZRANGE', q.ring, 0, 1, 'WITHSCORES')
  heads[q.name] = head[1] and {
    group = head[1], score = tonumber(head[2]), next_group = head[3], next_score = tonumber(head[4]),
  } or nil
end

for i = 6, #ARGV do
  local q = queue_of(ARGV[i])
  names[#names + 1] = q.name
  local due = redis.call('ZRANGEBYSCORE', q.delayed, '-inf', now, 'LIMIT', 0, 200)
  if due[1] then
    redis.call('ZREM', q.delayed, unpack(due))
    for j, blob in ipairs(redis.call('HMGET', q.jobs, unpack(due))) do
      if blob then
        local score, _, group = header(blob)
        offer(q, due[j], score, group)
      end
    end
  end
  local soonest = redis.call('ZRANGE', q.delayed, 0, 0, 'WITHSCORES')
  if soonest[1] then
    local at = tonumber(soonest[2])
    if next_due == 0 or at < next_due then next_due = at end
  end
  if not redis.call('HGET', q.meta, 'paused') then look(q) end
end

local out = { now, next_due, 0, {} }
local claims = {} -- their ids, in order
local verdicts = {} -- by the claim, from 0
local taken = {} -- queue's name -> its claims

-- Takes jobs of a group while they come before those of every other group.
--
-- alternative  the place of the best other group, or nil
-- yields       whether another group comes first where places are equal
local function take(q, group, alternative, yields)
  local ready = q.ready .. group
  local load = tonumber(redis.call('HGET', q.load, group) or 0)
  local before = load
  local chunk = 4
  local keyless = claimant(group, '', worker)
  local next_score
  repeat
    local ids = redis.call('ZRANGE', ready, 0, math.min(chunk, limit - #claims) - 1)
    if not ids[1] then break end
    local blobs = redis.call('HMGET', q.jobs, unpack(ids))
    local popped = 0
    next_score = nil
    for i, id in ipairs(ids) do
      local blob = blobs[i]
      if not blob then
        popped = popped + 1
      else
        local score, deadline, _, exclusive = header(blob)
        local place = score + QUANTUM * load
        local is_first = popped == 0 and load == before and chunk == 4
        if place >= bound or budget <= 0
            or (not is_first and alternative and (place > alternative or (yields and place == alternative))) then
          next_score = score
          break
        end
        budget = budget - 1
        popped = popped + 1
        local verdict = 0
        if marks and redis.call('ZSCORE', cancelled, id) then
          verdict = 2
        elseif deadline > 0 and deadline <= now then
          verdict = 1
        end
        if exclusive ~= '' and verdict == 0 and redis.call('HSETNX', q.held, exclusive, id) == 0 then
          redis.call('ZADD', q.blocked .. exclusive, score, id)
          redis.call('HINCRBY', q.meta, 'blocked', 1)
        else
          load = load + 1
          local n = #claims + 1
          claims[n] = id
          out[3 + 2 * n], out[4 + 2 * n] = id, blob
          local of_queue = taken[q.name]
          if not of_queue then
            of_queue = { q = q, ids = {}, positions = {}, leases = {}, runs = {} }
            taken[q.name] = of_queue
          end
          local m = #of_queue.ids + 1
          of_queue.ids[m], of_queue.positions[m] = id, n - 1
          of_queue.leases[2 * m - 1], of_queue.leases[2 * m] = expiry, id
          of_queue.runs[2 * m - 1] = id
          of_queue.runs[2 * m] = exclusive == '' and keyless or claimant(group, exclusive, worker)
          if verdict > 0 then verdicts[n - 1] = verdict end
        end
      end
    end
    if popped > 0 then
      redis.call('ZREMRANGEBYRANK', ready, 0, popped - 1)
    end
    chunk = chunk * 2
  until next_score or #claims >= limit
  if load > before then
    redis.call('HINCRBY', q.load, group, load - before)
  end
  if next_score then
    redis.call('ZADD', q.ring, next_score + QUANTUM * load, group)
  else
    replace(q, group)
  end
end

while #claims < limit and budget > 0 do
  local best
  for _, name in ipairs(names) do
    local head = heads[name]
    if head and (not best or head.score < heads[best].score or (head.score == heads[best].score and name < best)) then
      best = name
    end
  end
  local head = best and heads[best]
  if not head or head.score >= bound then break end
  local alternative, yields = head.next_score, head.next_group and head.next_group < head.group
  for _, name in ipairs(names) do
    local other = heads[name]
    if name ~= best and other then
      if not alternative or other.score < alternative then
        alternative, yields = other.score, name < best
      elseif other.score == alternative then
        yields = yields or name < best
      end
    end
  end
  local q = queue_of(best)
  take(q, head.group, alternative, yields)
  look(q)
end

if claims[1] then
  local fence = redis.call('INCRBY', ns .. 'fence', #claims) - #claims + 1
  out[3] = fence
  local remarks = out[4]
  for _, of_queue in pairs(taken) do
    local q = of_queue.q
    for m, position in ipairs(of_queue.positions) do
      of_queue.runs[2 * m] = struct.pack('>dd', fence + position, now) .. of_queue.runs[2 * m]
    end
    redis.call('ZADD', q.leases, unpack(of_queue.leases))
    redis.call('HSET', q.run, unpack(of_queue.runs))
    -- Most jobs run once: both hashes are empty then.
    local attempts = redis.call('EXISTS', q.attempts) == 1 and redis.call('HMGET', q.attempts, unpack(of_queue.ids))
    local crashes = redis.call('EXISTS', q.crashes) == 1 and redis.call('HMGET', q.crashes, unpack(of_queue.ids))
    for m, position in ipairs(of_queue.positions) do
      local used, lost = attempts and attempts[m], crashes and crashes[m]
      if used or lost or verdicts[position] then
        local n = #remarks
        remarks[n + 1], remarks[n + 2] = position, tonumber(used or 0)
        remarks[n + 3], remarks[n + 4] = tonumber(lost or 0), verdicts[position] or 0
      end
    end
  end
end

-- Whatever is left may be work for another worker that sleeps.
for _, name in ipairs(names) do
  if heads[name] then wake(queue_of(name)) end
end

-- A worker that got all it asked for may not come back before the next delayed job is due: let another one know.
if #claims == limit and next_due > 0 then
  wake(queue_of(ARGV[6]))
end
return out
