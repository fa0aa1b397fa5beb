// Keys are bound from one table, keys.json, which the list behind "?" is made from as well. Letters are left alone where
// somebody has switched them off (WCAG 2.1.4); no key fires together with Ctrl, Alt or ⌘.
import table from "../keys.json";

/** The entry of a part of the table that a press belongs to, with the key pressed before it, if that was just now. */
export function entryFor(part, event, before = "") {
  if (event.ctrlKey || event.metaKey || event.altKey || (isLetter(event.key) && !lettersAreOn())) return undefined;
  const pressed = [`${before} ${event.key}`.trim(), event.key, event.shiftKey && `Shift ${event.key.toLowerCase()}`];
  const fits = ({ press }) => press.includes(pressed[2]) || press.includes(pressed[0]) || press.includes(pressed[1]);
  return table[part].find(fits);
}

export function lettersAreOn() {
  return document.body.dataset.shortcuts !== "off";
}

function isLetter(key) {
  return key.length === 1 && key !== " ";
}
