// What keys do in a list of items. Each is done to what is ticked; if nothing is, to the item that has the focus.
import { boxes, clear, tick } from "./bulk.js";

const ENTRY = ".mc, tr.lrow";

const entries = () => [...document.querySelectorAll("#items > .mc, #items > tr.lrow")];
const boxOf = (target) => target.closest?.(ENTRY)?.querySelector('.ck[form="bulk-form"]');

function step(target, by) {
  const all = entries();
  const here = all.indexOf(target.closest?.(ENTRY));
  const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by];
  next?.querySelector("a")?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

function select(target, range) {
  const box = boxOf(target);
  if (!box) return false;
  box.checked = !box.checked;
  tick(box, range);
  return true;
}

function press(target, value) {
  const button = document.querySelector(`form[data-bulk] button[value="${value}"]`);
  if (!button) return false;
  if (!boxes().some(({ checked }) => checked) && !select(target, false)) return false;
  button.click();
  return true;
}

export const listActions = {
  nextItem: (target) => step(target, 1),
  previousItem: (target) => step(target, -1),
  select: (target) => select(target, false),
  selectRange: (target) => select(target, true),
  move: (target) => press(target, "move"),
  share: (target) => press(target, "share"),
  delete: (target) => press(target, "delete"),
  clear,
};
