-- Sends prepared requests in order, starting at a given one. The file holds, for each, its length, a line feed and the
-- raw bytes. At the end one line of figures is written. A limit above 0 ends the run after so many requests.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long s; long ns; } moment; int clock_gettime(int clock, moment *at); ]]
local moment = ffi.new("moment")
local function now()
   ffi.C.clock_gettime(1, moment)
   return tonumber(moment.s) + tonumber(moment.ns) / 1e9
end

local threads = {}
function setup(thread) table.insert(threads, thread) end

function init(args)
   prepared, sent, began, ended = {}, 0, 0, 0
   first, limit = tonumber(args[2]), tonumber(args[3])
   local file = assert(io.open(args[1], "rb"))
   while true do
      local length = file:read("*n")
      if not length then break end
      file:read(1)
      prepared[#prepared + 1] = file:read(length)
   end
   file:close()
end

function request()
   if began == 0 then began = now() end
   if limit > 0 and sent >= limit then
      if ended == 0 then ended = now() end
      wrk.thread:stop()
      return prepared[(first + limit - 1) % #prepared + 1]
   end
   sent = sent + 1
   return prepared[(first + sent - 1) % #prepared + 1]
end

function done(summary, latency, requests)
   local t = threads[1]
   local errors = summary.errors
   io.write(string.format(
      '\nFIGURES {"requests":%d,"micros":%d,"sent":%d,"began":%.6f,"ended":%.6f,"p50":%.1f,"p90":%.1f,"p99":%.1f,' ..
      '"slowest":%.1f,"refused":%d,"broken":%d}\n',
      summary.requests, summary.duration, t:get("sent"), t:get("began"), t:get("ended"), latency:percentile(50),
      latency:percentile(90), latency:percentile(99), latency.max, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout))
end
