// What was played, as ranges of seconds: `0-10.5,30-42`. Who jumps begins a new one. What nobody took is kept.
const MOST = 150;

export function followPlay(media) {
  let ranges = [];
  let open = null;
  const follow = () => {
    const now = media.currentTime;
    if (open && now >= open[1]) open[1] = now;
    else if (!media.seeking) begin(now);
  };
  const begin = (at) => {
    close();
    open = [at, at];
  };
  const close = () => {
    if (open && open[1] > open[0]) ranges = bounded([...ranges, open]);
    open = null;
  };
  media.addEventListener("play", () => begin(media.currentTime));
  media.addEventListener("seeked", () => !media.paused && begin(media.currentTime));
  media.addEventListener("timeupdate", () => !media.paused && !media.seeking && follow());
  media.addEventListener("pause", () => {
    if (open && !media.seeking) follow();
    close();
  });
  media.addEventListener("seeking", close);
  return {
    take() {
      if (open && !media.seeking) follow();
      const from = open?.[1];
      close();
      if (from !== undefined && !media.paused) begin(from);
      const taken = ranges.map(([start, end]) => `${start.toFixed(2)}-${end.toFixed(2)}`).join();
      ranges = [];
      return taken;
    },
    giveBack(taken) {
      if (taken) ranges = bounded([...taken.split(",").map((range) => range.split("-").map(Number)), ...ranges]);
    },
  };
}

/** In order and each second once; of very many the shortest are left out. */
function bounded(ranges) {
  const apart = [];
  for (const [start, end] of ranges.toSorted((one, other) => one[0] - other[0])) {
    const last = apart.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else apart.push([start, end]);
  }
  if (apart.length <= MOST) return apart;
  return apart.toSorted((one, other) => other[1] - other[0] - (one[1] - one[0])).slice(0, MOST);
}
