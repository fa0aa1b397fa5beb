-- wrk: asks for the paths of a file in turn, with one cookie, and says what it counted as one line of JSON.
-- Arguments: the file, one path in each line; the Cookie header, or nothing.
local requests, turn = {}, 0

function init(args)
   local headers = args[2] and { Cookie = args[2] } or {}
   headers["Host"] = wrk.headers["Host"]
   for path in io.lines(args[1]) do
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
