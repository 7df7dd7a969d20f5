-- The requests of one point of `make bench`: a Lua file that returns a list, given as the first argument. In a path
-- and a body, @N@ stands for a text that no other request has.

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(arguments)
  wanted = dofile(arguments[1])
  tag = arguments[2] .. "T" .. number .. "N"
  -- Threads begin at different requests, so that they do not follow each other from row to row.
  sent = math.floor(#wanted / 2) * number
  for _, each in ipairs(wanted) do
    if not each.unique then
      each.text = wrk.format(each.method, each.path, each.headers, each.body)
    end
  end
end

function request()
  sent = sent + 1
  local next = wanted[sent % #wanted + 1]
  if next.text then return next.text end
  local path, body = next.path:gsub("@N@", tag .. sent), next.body:gsub("@N@", tag .. sent)
  return wrk.format(next.method, path, next.headers, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %f %f %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
