-- Puts accepted jobs into the index. A job that is there already is left alone, so it may be called again.
--
-- ARGV[2…]  parts: queue, count, then three of so many jobs: id (16 bytes), blob, and an empty string or "due attempts":
--           due time in ms, if it is not to start at once, and attempts used up
-- Returns   how many were new
-- Cost      O(log n) a job, in few commands for many

local added = 0

local function add(q, first, last)
  local ids = {}
  for i = first, last, 3 do
    ids[#ids + 1] = ARGV[i]
  end
  local present = redis.call('HMGET', q.jobs, unpack(ids))
  local blobs, delayed, groups, seen = {}, {}, {}, {}
  for n, id in ipairs(ids) do
    local blob, extra = ARGV[first + 3 * n - 2], ARGV[first + 3 * n - 1]
    if not present[n] and not seen[id] then
      seen[id] = true
      blobs[#blobs + 1] = id
      blobs[#blobs + 1] = blob
      local due = 0
      if extra ~= '' then
        local when, attempts = string.match(extra, '^(%d+) (%d+)$')
        due = tonumber(when)
        if attempts ~= '0' then redis.call('HSET', q.attempts, id, attempts) end
      end
      if due > now then
        delayed[#delayed + 1] = due
        delayed[#delayed + 1] = id
      else
        local score, _, group = header(blob)
        local of_group = groups[group]
        if not of_group then
          of_group = { least = score }
          groups[group] = of_group
        end
        if score < of_group.least then of_group.least = score end
        of_group[#of_group + 1] = score
        of_group[#of_group + 1] = id
      end
    end
  end
  if not blobs[1] then return end
  redis.call('HSET', q.jobs, unpack(blobs))
  if delayed[1] then redis.call('ZADD', q.delayed, unpack(delayed)) end
  for group, of_group in pairs(groups) do
    redis.call('ZADD', q.ready .. group, unpack(of_group))
    advance(q, group, of_group.least)
  end
  added = added + #blobs / 2
  redis.call('SADD', ns .. 'queues', q.name)
  wake(q)
  count(q, 'in', #blobs / 2)
end

local i = 2
while i <= #ARGV do
  local last = i + 1 + tonumber(ARGV[i + 1]) * 3
  add(queue_of(ARGV[i]), i + 2, last)
  i = last + 1
end
return added
