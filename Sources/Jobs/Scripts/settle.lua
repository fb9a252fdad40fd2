-- Ends claims, each only if its fencing token is the present one.
--
-- ARGV[2…]  five a claim: what, queue, id, fence, due time in ms
--           done     the journal has the outcome: the job leaves the index
--           retry    an attempt is used up: delayed until the due time
--           release  handed back unspent: ready again at its old place
--           recover  its lease has ended: ready again at its old place, one more worker lost
-- Returns   1 or 0 a claim: 0 if it is another's by now
-- Cost      O(log n) a claim; those that are done, in few commands for all

local out = {}
local marks = redis.call('EXISTS', cancelled) == 1

local function holds(run, fence)
  return run and string.sub(run, 1, #fence + 1) == fence .. ' '
end

-- Frees the exclusive key of a job that held it.
local function free(q, id, exclusive)
  if exclusive ~= '' and redis.call('HGET', q.held, exclusive) == id then
    redis.call('HDEL', q.held, exclusive)
    return true
  end
  return false
end

local function lighten(q, group, n)
  if redis.call('HINCRBY', q.load, group, -n) <= 0 then
    redis.call('HDEL', q.load, group)
  end
end

-- The jobs of one queue that leave the index.
local function finish(q, ids, fences, positions)
  local runs = redis.call('HMGET', q.run, unpack(ids))
  local blobs = redis.call('HMGET', q.jobs, unpack(ids))
  local gone, groups, keys, seen, busy = {}, {}, {}, {}, 0
  for i, id in ipairs(ids) do
    local done = blobs[i] and not seen[id] and holds(runs[i], fences[i])
    out[positions[i]] = done and 1 or 0
    if done then
      seen[id] = true
      gone[#gone + 1] = id
      busy = busy + now - tonumber(string.match(runs[i], '%d+$'))
      local _, _, group, exclusive = header(blobs[i])
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

local done = {}
for i = 2, #ARGV, 5 do
  local position = (i + 3) / 5
  local what, q, id, fence, due = ARGV[i], queue_of(ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3], tonumber(ARGV[i + 4])
  if what == 'done' then
    local batch = done[q.name]
    if not batch then
      batch = { q = q, ids = {}, fences = {}, positions = {} }
      done[q.name] = batch
    end
    local n = #batch.ids + 1
    batch.ids[n], batch.fences[n], batch.positions[n] = id, fence, position
  else
    local held = holds(redis.call('HGET', q.run, id), fence)
    if held and what == 'recover' then
      held = tonumber(redis.call('ZSCORE', q.leases, id) or 0) <= now
    end
    local blob = held and redis.call('HGET', q.jobs, id)
    out[position] = blob and 1 or 0
    if blob then
      local score, _, group, exclusive = header(blob)
      redis.call('ZREM', q.leases, id)
      redis.call('HDEL', q.run, id)
      lighten(q, group, 1)
      local freed = free(q, id, exclusive)
      if what == 'retry' then
        redis.call('HINCRBY', q.attempts, id, 1)
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
  end
end
for _, batch in pairs(done) do
  finish(batch.q, batch.ids, batch.fences, batch.positions)
end
return out
