-- Ends claims, each only if its fencing token is the present one.
--
-- ARGV[2…]  parts: what, queue, count, then id and fence (8 bytes) of so many claims, and if it is retry or postpone, due
--           time in ms
--           done     the journal has the outcome: the job leaves the index
--           retry    an attempt is used up: delayed until the due time
--           postpone no attempt is used up: delayed until the due time
--           release  handed back unspent: ready again at its old place
--           recover  its lease has ended: ready again at its old place, one more worker lost
-- Returns   1 or 0 a claim: 0 if it is another's by now
-- Cost      O(log n) a claim; those that are done, in few commands for all

local out = {}
local marks = redis.call('EXISTS', cancelled) == 1

-- Frees the exclusive key of a job; whether it is free now.
--
-- Also one that it never held: a job that was let out of the parking place may have been taken back, or come too late,
-- before it took the key, and those behind it wait for nobody else.
local function free(q, id, exclusive)
  if exclusive == '' then return false end
  local holder = redis.call('HGET', q.held, exclusive)
  if holder == id then redis.call('HDEL', q.held, exclusive) end
  return holder == id or not holder
end

local function lighten(q, group, n)
  if redis.call('HINCRBY', q.load, group, -n) <= 0 then
    redis.call('HDEL', q.load, group)
  end
end

-- The jobs of one queue that leave the index: ARGV[first] to ARGV[last], id and fence of each.
local function finish(q, first, last)
  local ids = {}
  for i = first, last, 2 do
    ids[#ids + 1] = ARGV[i]
  end
  local runs = redis.call('HMGET', q.run, unpack(ids))
  local gone, groups, keys, seen, busy = {}, {}, {}, {}, 0
  for i, id in ipairs(ids) do
    local run = runs[i]
    local done = not seen[id] and holds(run, ARGV[first + 2 * i - 1])
    out[#out + 1] = done and 1 or 0
    if done then
      seen[id] = true
      gone[#gone + 1] = id
      local _, since, group, exclusive = header(run)
      busy = busy + now - since
      groups[group] = (groups[group] or 0) + 1
      if exclusive ~= '' then keys[#keys + 1] = { id, exclusive } end
    end
  end
  if not gone[1] then return end
  redis.call('ZREM', q.leases, unpack(gone))
  redis.call('HDEL', q.run, unpack(gone))
  redis.call('HDEL', q.jobs, unpack(gone))
  if redis.call('EXISTS', q.attempts) == 1 then redis.call('HDEL', q.attempts, unpack(gone)) end
  if redis.call('EXISTS', q.crashes) == 1 then redis.call('HDEL', q.crashes, unpack(gone)) end
  if marks then redis.call('ZREM', cancelled, unpack(gone)) end
  for group, n in pairs(groups) do
    lighten(q, group, n)
    replace(q, group)
  end
  for _, key in ipairs(keys) do
    if free(q, key[1], key[2]) then unpark(q, key[2]) end
  end
  count(q, 'out', #gone)
  count(q, 'busy', busy)
end

-- A claim whose job stays in the index.
local function give_back(q, what, id, fence, due)
  local held = holds(redis.call('HGET', q.run, id), fence)
  if held and what == 'recover' then
    held = tonumber(redis.call('ZSCORE', q.leases, id) or 0) <= now
  end
  local blob = held and redis.call('HGET', q.jobs, id)
  out[#out + 1] = blob and 1 or 0
  if not blob then return end
  local score, _, group, exclusive = header(blob)
  redis.call('ZREM', q.leases, id)
  redis.call('HDEL', q.run, id)
  lighten(q, group, 1)
  local freed = free(q, id, exclusive)
  if what == 'retry' or what == 'postpone' then
    if what == 'retry' then
      redis.call('HINCRBY', q.attempts, id, 1)
    end
    redis.call('ZADD', q.delayed, due, id)
  else
    if what == 'recover' then
      redis.call('HINCRBY', q.crashes, id, 1)
    end
    offer(q, id, score, group)
  end
  wake(q)
  replace(q, group)
  -- After the job itself was offered again, so that the first of both gets the key.
  if freed then unpark(q, exclusive) end
end

local i = 2
while i <= #ARGV do
  local what, q, n = ARGV[i], queue_of(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local width = (what == 'retry' or what == 'postpone') and 3 or 2
  local first, last = i + 3, i + 2 + n * width
  if what == 'done' then
    finish(q, first, last)
  else
    for j = first, last, width do
      give_back(q, what, ARGV[j], ARGV[j + 1], tonumber(width == 3 and ARGV[j + 2] or 0))
    end
  end
  i = last + 1
end
return out
