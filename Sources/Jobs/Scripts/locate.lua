-- Tells where jobs are.
--
-- ARGV[2…]  two a job: queue, id
-- Returns   {state, detail, attempts used up} a job; state is absent, running (detail the claim), delayed (detail
--           due time in ms), blocked (detail id of the key's holder) or ready
-- Cost      O(1) a job

local out = {}
for i = 2, #ARGV, 2 do
  local q, id = queue_of(ARGV[i]), ARGV[i + 1]
  local attempts = redis.call('HGET', q.attempts, id) or '0'
  local blob = redis.call('HGET', q.jobs, id)
  local place
  if not blob then
    place = { 'absent', '', '0' }
  else
    local run = redis.call('HGET', q.run, id)
    local due = not run and redis.call('ZSCORE', q.delayed, id)
    if run then
      place = { 'running', run, attempts }
    elseif due then
      place = { 'delayed', due, attempts }
    else
      local _, _, _, exclusive = header(blob)
      if exclusive ~= '' and redis.call('ZSCORE', q.blocked .. exclusive, id) then
        place = { 'blocked', redis.call('HGET', q.held, exclusive) or '', attempts }
      else
        place = { 'ready', '', attempts }
      end
    end
  end
  out[#out + 1] = place
end
return out
