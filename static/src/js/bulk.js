// form[data-bulk]: the bar below a list says how many are ticked, and ticks all that are shown. Shift and a click ticks
// all between. Keys: list-keys.js.
import { found } from "./enliven.js";

export const boxes = () => [...document.querySelectorAll('.ck[form="bulk-form"]')];

export function bulkBars(root) {
  for (const form of found(root, "form[data-bulk]")) {
    const count = form.querySelector("[data-count]");
    const all = form.querySelector("[data-all]");
    const tell = () => {
      const ticked = boxes().filter(({ checked }) => checked).length;
      count.textContent = form.dataset.many.replace("{count}", ticked);
      all.hidden = ticked === boxes().length;
    };
    all.addEventListener("click", () => {
      for (const box of boxes()) box.checked = true;
      tell();
    });
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

/** A box was ticked or not; with `shift` all between it and the one before are as it is. */
export function tick(box, shift) {
  if (shift && last && last !== box) range(box);
  last = box;
  document.querySelector("form[data-bulk]")?.tell();
}

/** Nothing is ticked any more, unless a dialog or a menu is open, which closes first. */
export function clear() {
  const some = boxes().some(({ checked }) => checked);
  if (some && !document.querySelector("dialog[open], details[data-menu][open]")) {
    document.querySelector("form[data-bulk]")?.reset();
  }
}

document.addEventListener("click", ({ target, shiftKey }) => {
  if (target.matches?.('.ck[form="bulk-form"]')) tick(target, shiftKey);
});
