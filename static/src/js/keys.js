// What the keys of pages and lists do; which key does what stands in the table. No key fires in fields.
import { openPage } from "./dialogs.js";
import { entryFor } from "./key-table.js";
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

let last = { key: "", at: 0 };

document.addEventListener("keydown", (event) => {
  const { target, key, timeStamp, defaultPrevented } = event;
  const before = timeStamp - last.at < SEQUENCE ? last.key : "";
  if (key !== "Shift") last = { key, at: timeStamp };
  // A dialog that was just closed has the focus until the page is drawn again; it keeps no key any more.
  if (defaultPrevented || target.closest?.("dialog[open]") || (target.matches?.(WRITES) && key !== "Escape")) return;
  const inPlayer = target.closest?.(HAS_ITS_OWN);
  const entry = entryFor("page", event, before) ?? (inPlayer ? undefined : entryFor("list", event));
  const act = entry && (pageActions[entry.does] ?? listActions[entry.does]);
  if (act?.(target) !== false && act && key !== "Escape") event.preventDefault();
});
