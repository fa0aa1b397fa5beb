// form[data-bulk]: the bar below a list says how many are ticked. Shift and a click, or Shift and x, ticks all between.
// x ticks the item that has the focus, m moves, Delete deletes after asking, Escape clears; not in fields, and not where
// somebody switched single letters off.
import { found } from "./enliven.js";

const boxes = () => [...document.querySelectorAll('.ck[form="bulk-form"]')];

export function bulkBars(root) {
  for (const form of found(root, "form[data-bulk]")) {
    const count = form.querySelector("[data-count]");
    const tell = () => {
      const ticked = boxes().filter(({ checked }) => checked).length;
      count.textContent = form.dataset.many.replace("{count}", ticked);
    };
    form.addEventListener("reset", () => setTimeout(tell));
    form.tell = tell;
    tell();
  }
}

let last = null;

function range(box) {
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
  if (from >= 0) for (const between of all.slice(from, to + 1)) between.checked = box.checked;
}

function ticked(box, shift) {
  if (shift && last && last !== box) range(box);
  last = box;
  document.querySelector("form[data-bulk]")?.tell();
}

document.addEventListener("click", ({ target, shiftKey }) => {
  if (target.matches?.('.ck[form="bulk-form"]')) ticked(target, shiftKey);
});

const buttons = { m: "move", Delete: "delete" };

document.addEventListener("keydown", (event) => {
  const form = document.querySelector("form[data-bulk]");
  const { target, key } = event;
  if (!form || event.ctrlKey || event.altKey || event.metaKey) return;
  const writes = target.matches('input:not([type="checkbox"]), textarea, select, [contenteditable]');
  const some = boxes().some(({ checked }) => checked);
  if (key === "Escape" && some && !document.querySelector("dialog[open], details[data-menu][open]")) form.reset();
  if (writes || document.body.dataset.shortcuts === "off" || target.closest("[data-player], media-controller")) return;
  if (key.toLowerCase() === "x") {
    const box = target.closest(".mc, tr")?.querySelector('.ck[form="bulk-form"]');
    if (!box) return;
    box.checked = !box.checked;
    ticked(box, event.shiftKey);
  } else if (some && buttons[key]) {
    event.preventDefault();
    form.querySelector(`[value="${buttons[key]}"]`).click();
  }
});
