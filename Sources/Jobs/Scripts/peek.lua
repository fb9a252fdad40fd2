-- Shows jobs of a queue that are in one state, in the order in which they will move on.
--
-- ARGV[2]   queue
-- ARGV[3]   state: ready (by score: the order of claims while no group is running more than another), delayed (by
--           due time), running (by end of lease) or blocked (by key)
-- ARGV[4]   how many to pass over
-- ARGV[5]   how many at most
-- Returns   two a job: id, blob
-- Cost      ready: O(n^2) with n = passed over + shown; the others: O(log + n)

local q, state = queue_of(ARGV[2]), ARGV[3]
local offset, limit = tonumber(ARGV[4]), tonumber(ARGV[5])
local last = offset + limit - 1
local found = {}
if state == 'delayed' then
  found = redis.call('ZRANGE', q.delayed, offset, last)
elseif state == 'running' then
  found = redis.call('ZRANGE', q.leases, offset, last)
elseif state == 'blocked' then
  local all = {}
  for _, key in ipairs(redis.call('HKEYS', q.held)) do
    for _, id in ipairs(redis.call('ZRANGE', q.blocked .. key, 0, last)) do
      all[#all + 1] = id
    end
    if #all > last then break end
  end
  for i = offset + 1, math.min(last + 1, #all) do
    found[#found + 1] = all[i]
  end
else
  local heads = {}
  for _, group in ipairs(redis.call('ZRANGE', q.ring, 0, last)) do
    local members = redis.call('ZRANGE', q.ready .. group, 0, last, 'WITHSCORES')
    for i = 1, #members, 2 do
      heads[#heads + 1] = { id = members[i], score = tonumber(members[i + 1]) }
    end
  end
  table.sort(heads, function(left, right)
    if left.score ~= right.score then return left.score < right.score end
    return left.id < right.id
  end)
  for i = offset + 1, math.min(last + 1, #heads) do
    found[#found + 1] = heads[i].id
  end
end
local out = {}
for _, id in ipairs(found) do
  out[#out + 1] = id
  out[#out + 1] = redis.call('HGET', q.jobs, id) or ''
end
return out
