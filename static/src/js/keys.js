// Keys, bound from one table, keys.json, which the list behind "?" is made from as well. Letters are left alone where
// somebody has switched them off (WCAG 2.1.4); no key fires in fields or together with Ctrl, Alt or ⌘.
import table from "../keys.json";
import { openPage } from "./dialogs.js";
import { listActions } from "./list-keys.js";

const SEQUENCE = 1000; // milliseconds within which the second key of two is pressed
const WRITES = 'input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]';
const HAS_ITS_OWN = "[data-player], media-controller";

const pageActions = {
  search: () => {
    const field = document.querySelector("[data-search-box] input[type=search]");
    field?.focus();
    field?.select();
    return Boolean(field);
  },
  goToLibrary: () => follow("/"),
  goToRecent: () => follow("/recent"),
  upload: () => follow("/upload"),
  list: () => openPage(new URL("/shortcuts", location)),
  close: () => listActions.clear(), // dialogs and menus close by themselves
};

/** Go where a link of the page leads; what it does not offer is no way for a key either. */
function follow(path) {
  const link = document.querySelector(`.shell a[href="${path}"]`);
  link?.click();
  return Boolean(link);
}

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

let last = { key: "", at: 0 };

document.addEventListener("keydown", (event) => {
  const { target, key, timeStamp, defaultPrevented } = event;
  const before = timeStamp - last.at < SEQUENCE ? last.key : "";
  if (key !== "Shift") last = { key, at: timeStamp };
  if (defaultPrevented || target.closest?.("dialog") || (target.matches?.(WRITES) && key !== "Escape")) return;
  const inPlayer = target.closest?.(HAS_ITS_OWN);
  const entry = entryFor("page", event, before) ?? (inPlayer ? undefined : entryFor("list", event));
  const act = entry && (pageActions[entry.does] ?? listActions[entry.does]);
  if (act?.(target) !== false && act && key !== "Escape") event.preventDefault();
});
