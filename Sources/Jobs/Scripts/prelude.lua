-- Comes before every script: key names, time, and the moves that several scripts make.
--
-- KEYS[1]  the fleet's namespace with its hash tag; every key begins with it, so all are in one slot
-- ARGV[1]  the epoch the caller believes in: its number and the run id of the Redis it was installed in
--
-- Replies with an error of prefix EPOCH if the index is of another epoch, or this process of Redis another one: it was
-- emptied, or restarted with what it had saved, and has to be rebuilt from the journal before it is used.
--
-- A score is priority * 2^42 + the order time in ms: exact in a double, and one band per priority.

local ns = KEYS[1]
local BAND = 4398046511104
local QUANTUM = 1000 -- ms that each running job of a group pushes its next one back

if redis.call('GET', ns .. 'epoch') ~= ARGV[1]
    or not string.find(redis.call('INFO', 'server'), 'run_id:' .. string.sub(ARGV[1], -40), 1, true) then
  return redis.error_reply('EPOCH the index is of another epoch')
end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local cancelled = ns .. 'cancelled' -- ZSET id by time: jobs to be taken back wherever they turn up
local queues = {}

local function queue_of(name)
  local q = queues[name]
  if not q then
    local p = ns .. 'q:' .. name .. ':'
    q = {
      name = name,
      jobs = p .. 'jobs',         -- HASH  id -> blob: every live job
      ready = p .. 'ready:',      -- ZSET  per group: id by score
      ring = p .. 'ring',         -- ZSET  group by the score of its first job and its load
      delayed = p .. 'delayed',   -- ZSET  id by due time
      leases = p .. 'leases',     -- ZSET  id by end of lease
      run = p .. 'run',           -- HASH  id -> the claim: fence, since in ms, group, exclusive key, worker
      load = p .. 'load',         -- HASH  group -> running jobs
      attempts = p .. 'attempts', -- HASH  id -> attempts used up
      crashes = p .. 'crashes',   -- HASH  id -> workers lost
      held = p .. 'held',         -- HASH  exclusive key -> id of its holder
      blocked = p .. 'blocked:',  -- ZSET  per exclusive key: id by score
      meta = p .. 'meta',         -- HASH  paused, blocked
      wake = p .. 'wake',         -- ZSET  holds one marker while there may be work
      rate = p .. 'rate:',        -- HASH  per minute: in, out, busy (ms of the runs that ended)
    }
    queues[name] = q
  end
  return q
end

-- A blob begins with score, deadline in ms (0: none), group, exclusive key; the rest is not for scripts.
-- A claim begins with fence, since, group, exclusive key; the rest is the worker.
local function header(bytes)
  return struct.unpack('>ddBc0Bc0', bytes)
end

-- Whether a claim has this fencing token, given as its first bytes.
local function holds(run, fence)
  return run and string.sub(run, 1, 8) == fence
end

-- What follows fence and since in a claim.
local function claimant(group, exclusive, worker)
  return struct.pack('Bc0Bc0', #group, group, #exclusive, exclusive) .. worker
end

local function wake(q)
  redis.call('ZADD', q.wake, 0, 'w')
end

-- Lets a group come no later in the ring than a job of this score, which is ready.
local function advance(q, group, score)
  local load = redis.call('HGET', q.load, group) or 0
  redis.call('ZADD', q.ring, 'LT', score + QUANTUM * load, group)
end

-- Puts a job among the ready ones of its group.
local function offer(q, id, score, group)
  redis.call('ZADD', q.ready .. group, score, id)
  advance(q, group, score)
end

-- Sets a group's place in the ring anew, after its first job or its load changed.
local function replace(q, group)
  local head = redis.call('ZRANGE', q.ready .. group, 0, 0, 'WITHSCORES')
  if head[1] then
    local load = redis.call('HGET', q.load, group) or 0
    redis.call('ZADD', q.ring, head[2] + QUANTUM * load, group)
  else
    redis.call('ZREM', q.ring, group)
  end
end

-- Takes a key's first waiting job out of its parking place, once the key may be free.
local function unpark(q, exclusive)
  -- One that is live: each pass takes a parked job away, so it ends.
  local waiting
  repeat
    local parked = redis.call('ZPOPMIN', q.blocked .. exclusive)[1]
    waiting = parked and redis.call('HGET', q.jobs, parked)
    if parked then
      redis.call('HINCRBY', q.meta, 'blocked', -1)
    end
    if waiting then
      local score, _, group = header(waiting)
      offer(q, parked, score, group)
      wake(q)
    end
  until waiting or not parked
end

-- Gives a job to a worker under a lease; returns the fencing token.
local function lend(q, id, group, exclusive, worker, expiry)
  local fence = redis.call('INCR', ns .. 'fence')
  redis.call('ZADD', q.leases, expiry, id)
  redis.call('HSET', q.run, id, struct.pack('>dd', fence, now) .. claimant(group, exclusive, worker))
  redis.call('HINCRBY', q.load, group, 1)
  return fence
end

local function count(q, what, n)
  local key = q.rate .. math.floor(now / 60000)
  redis.call('HINCRBY', key, what, n)
  redis.call('EXPIRE', key, 180)
end

