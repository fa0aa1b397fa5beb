// Lists of moments beside the player: [data-chapter="246"] and [data-line="246"], links that seek; the one that is
// playing is marked, and the transcript scrolls to it while nobody reads elsewhere in it.

const moments = (kind) => [...document.querySelectorAll(`[data-${kind}]`)];
const at = (element, kind) => Number(element.dataset[kind]);

/** Where the next chapter begins, in seconds; null in the last one. */
export function chapterAfter(time) {
  const next = moments("chapter").find((element) => at(element, "chapter") > time + 0.5);
  return next ? at(next, "chapter") : null;
}

export function followMoments(player) {
  const { media } = player;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-chapter], a[data-line]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !player.element.isConnected) return;
    event.preventDefault();
    player.playFrom(Number(link.dataset.chapter ?? link.dataset.line));
  });
  const name = player.element.querySelector("[data-chapter-name]");
  const mark = () => {
    const chapter = markCurrent("chapter", media.currentTime);
    if (name) name.textContent = chapter?.querySelector("b")?.textContent ?? "";
    const line = markCurrent("line", media.currentTime);
    if (line && !media.paused) keepInSight(line);
  };
  for (const event of ["timeupdate", "seeked", "loadedmetadata"]) media.addEventListener(event, mark);
  mark();
}

function markCurrent(kind, time) {
  const all = moments(kind);
  const current = all.findLast((element) => at(element, kind) <= time + 0.05);
  for (const element of all) {
    if (element === current) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
  }
  return current;
}

function keepInSight(line) {
  const box = line.closest("[data-follow]");
  if (!box || box.matches(":focus-within, :hover")) return;
  const { top, bottom } = line.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (top < frame.top || bottom > frame.bottom) box.scrollTop += top - frame.top - frame.height / 3;
}
