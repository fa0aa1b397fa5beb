// Times: as addresses have them (#t=246, #t=4:06), as a clock shows them, and in words.

/** Seconds from "246", "246.5", "4:06" or "1:02:03"; null for anything else. */
export function seconds(text) {
  if (!/^\d+(:[0-5]?\d){0,2}(\.\d+)?$/.test(text)) return null;
  return text.split(":").reduce((total, part) => total * 60 + Number(part), 0);
}

/** The second that an address asks for; null if it asks for none. */
export function asked(hash) {
  const found = /^#(?:.*&)?t=([\d:.]+)/.exec(hash);
  return found && seconds(found[1]);
}

/** 18:42, or 1:02:03 from an hour on. */
export function clock(time) {
  const whole = Math.floor(time);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const pad = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

/** "7 minutes 6 seconds", in the language of the page. */
export function inWords(time) {
  const whole = Math.floor(time);
  const parts = [["hour", Math.floor(whole / 3600)], ["minute", Math.floor(whole / 60) % 60], ["second", whole % 60]];
  const said = parts.filter(([unit, count]) => count || (unit === "second" && whole === 0));
  return said.map(([unit, count]) => amount(count, unit)).join(" ");
}

function amount(count, unit) {
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "long" }).format(count);
}
