// What plays beside the lines: the line that is heard is marked, and captions are seen as they are typed.

export function followPlayer(media, editor, language) {
  const preview = new Preview(media, editor.format.hasEnd, language);
  media.addEventListener("timeupdate", () => follow(media, editor));
  media.addEventListener("seeked", () => follow(media, editor));
  return preview;
}

function follow(media, { list, form }) {
  if (!list) return;
  const line = at(list.lines, media.currentTime * 1000);
  if (line === list.current) return;
  // Nobody who types is taken away from their line.
  if (line && !list.rowOf(line) && !list.has(document.activeElement)) list.show(line);
  list.mark(line);
  const row = line && list.rowOf(line);
  if (row && !form.contains(document.activeElement)) row.scrollIntoView({ block: "nearest" });
}

/** The line that is heard at a time, in milliseconds: the last that has begun and not ended. */
function at(lines, time) {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle].start <= time) low = middle + 1;
    else high = middle;
  }
  const line = lines[low - 1];
  return line && (line.end === undefined || time < line.end) ? line : null;
}

/** The captions on the page as they are typed; of all there are these suffice, and many thousands would take long. */
class Preview {
  constructor(media, hasEnd, language) {
    this.cues = new Map();
    if (!hasEnd || media.tagName !== "VIDEO") return;
    this.track = media.addTextTrack("captions", "", language);
    this.track.mode = "showing";
  }

  preview(lines) {
    for (const line of [...this.cues.keys()]) this.drop(line);
    for (const line of lines) this.renew(line);
  }

  renew(line) {
    if (!this.track) return;
    this.drop(line);
    if (!line.text.trim() || line.end <= line.start) return;
    const cue = new VTTCue(line.start / 1000, line.end / 1000, line.text);
    this.cues.set(line, cue);
    this.track.addCue(cue);
  }

  drop(line) {
    const cue = this.cues.get(line);
    if (!cue) return;
    this.track.removeCue(cue);
    this.cues.delete(line);
  }
}
