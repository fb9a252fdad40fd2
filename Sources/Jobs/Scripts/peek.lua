-- Shows the ready jobs of a queue in the order of their scores: the order of claims while no group is running more
-- than another.
--
-- ARGV[2]   queue
-- ARGV[3]   how many at most
-- Returns   two a job: id, blob
-- Cost      O(limit^2) at worst: the first jobs of the first groups

local q = queue_of(ARGV[2])
local limit = tonumber(ARGV[3])
local found = {}
for _, group in ipairs(redis.call('ZRANGE', q.ring, 0, limit - 1)) do
  local members = redis.call('ZRANGE', q.ready .. group, 0, limit - 1, 'WITHSCORES')
  for i = 1, #members, 2 do
    found[#found + 1] = { id = members[i], score = tonumber(members[i + 1]) }
  end
end
table.sort(found, function(left, right)
  if left.score ~= right.score then return left.score < right.score end
  return left.id < right.id
end)
local out = {}
for i = 1, math.min(limit, #found) do
  out[#out + 1] = found[i].id
  out[#out + 1] = redis.call('HGET', q.jobs, found[i].id) or ''
end
return out
