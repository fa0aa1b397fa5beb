// Times of lines, in whole milliseconds.

/** Milliseconds from "7:12.8", "1:02:03,5" or "12"; null for anything else. */
export function milliseconds(text) {
  const found = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6})(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (!found) return null;
  const [hours, minutes, seconds] = [1, 2, 3].map((part) => Number(found[part] ?? 0));
  if ((found[2] !== undefined && seconds > 59) || (found[1] !== undefined && minutes > 59)) return null;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + Number((found[4] ?? "0").padEnd(3, "0"));
}

/** 7:12.8, and 1:02:03 from an hour on. */
export function clock(time) {
  const [whole, rest] = [Math.floor(time / 1000), time % 1000];
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const text = hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
  return rest ? `${text}.${String(rest).padStart(3, "0")}`.replace(/0+$/, "") : text;
}

/** 00:07:12.800, as WebVTT writes it. */
export function written(time) {
  const whole = Math.floor(time / 1000);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return `${parts.map(two).join(":")}.${String(time % 1000).padStart(3, "0")}`;
}

function two(number) {
  return String(number).padStart(2, "0");
}
