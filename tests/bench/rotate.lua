-- wrk: asks for what stands in a file in turn, and says what it counted as one line of JSON.
-- Argument: the file. A line is a path, a Range header or nothing, a Cookie header or nothing, with tabs between them.
local requests, turn = {}, 0

function init(args)
   for line in io.lines(args[1]) do
      local path, range, cookie = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)$")
      local headers = { Host = wrk.headers["Host"] }
      if range ~= "" then headers["Range"] = range end
      if cookie ~= "" then headers["Cookie"] = cookie end
      requests[#requests + 1] = wrk.format("GET", path, headers)
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function done(summary, latency)
   local errors = summary.errors
   print(string.format(
      '\n{"requests": %d, "bytes": %d, "seconds": %f, "failed": %d, "broken": %d, "median_us": %d, "p99_us": %d}',
      summary.requests, summary.bytes, summary.duration / 1e6, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
