// form[data-access]: the table of rules. Ticks bring what they imply, changed rows are marked, and what saving would do
// is asked of the server and shown, whenever the form has been still for a moment.
import { found } from "./enliven.js";

const BITS = { VIEW: 1, DOWNLOAD: 2, UPLOAD: 4, EDIT: 8, MANAGE: 16 };
const ALL = 31;
const STILL = 250; // milliseconds without a change before the server is asked

export function accessForm(root) {
  for (const form of found(root, "form[data-access]")) {
    const unchanged = form.querySelector("#access-effect").cloneNode(true);
    let timer;
    let asked = 0;

    const look = () => {
      const changes = mark(form);
      form.elements.shown.value = "";
      form.querySelector("[data-discard]").hidden = changes === 0;
      clearTimeout(timer);
      asked += 1;
      if (changes === 0) form.querySelector("#access-effect").replaceWith(unchanged.cloneNode(true));
      else timer = setTimeout(() => tell(asked), STILL);
    };
    const tell = async (number) => {
      const page = await effectOf(form);
      if (!page || number !== asked) return;
      for (const part of page.querySelectorAll("#access-effect, #access-cut")) exchange(part);
      form.elements.shown.value = form.querySelector("#access-effect").dataset.digest;
    };

    form.addEventListener("change", ({ target }) => {
      if (target.type === "checkbox" && target.closest("[data-rule]")) imply(target);
      if (target.type === "date") nameEnd(target, form);
    });
    form.addEventListener("input", ({ target }) => target.matches("[data-adder]") || look());
    form.addEventListener("change", ({ target }) => target.matches("[data-adder]") || look());
    form.addEventListener("rule-added", look);
    form.addEventListener("click", (event) => {
      const button = event.target.closest("button[name=toggle]");
      if (!button) return;
      event.preventDefault();
      toggle(button.closest("[data-rule]"), form);
      look();
    });
    if (mark(form)) form.elements.shown.value = form.querySelector("#access-effect").dataset.digest ?? "";
  }
}

const boxes = (row) => [...row.querySelectorAll("input[type=checkbox]")];
const bits = (row) => boxes(row).reduce((sum, box) => sum + (box.checked ? BITS[box.value] : 0), 0);
const mode = (row) => row.querySelector("select");

/** Manage brings everything, Edit and Download bring View; without View neither of them stays. */
function imply(box) {
  const of = Object.fromEntries(boxes(box.closest("[data-rule]")).map((one) => [one.value, one]));
  if (box.checked) {
    if (box.value === "MANAGE") for (const one of Object.values(of)) one.checked = true;
    if (box.value === "EDIT" || box.value === "DOWNLOAD") of.VIEW.checked = true;
  } else {
    of.MANAGE.checked = false;
    if (box.value === "VIEW") of.EDIT.checked = of.DOWNLOAD.checked = false;
  }
}

/** The rule in a few letters, as the server writes it in the hidden field `was`. */
function stamp(row) {
  const until = row.querySelector("input[type=date]").value;
  if (mode(row).value === "remove") return "";
  if (mode(row).value === "block") return `block:${until}`;
  const given = bits(row);
  return given ? `${given & BITS.MANAGE ? ALL : given}:${until}` : "";
}

/** Marks what is not saved, and says how much that is. */
function mark(form) {
  let changes = 0;
  for (const row of form.querySelectorAll("[data-rule]")) {
    const was = row.querySelector("input[name$='-was']").value;
    const changed = stamp(row) !== was || was === "";
    row.classList.toggle("chg", changed);
    const box = row.querySelector("[data-drop-box]");
    if (box) box.hidden = mode(row).value !== "allow" || bits(row) !== BITS.UPLOAD;
    changes += changed;
  }
  const inherits = form.querySelector("input[role=switch]");
  if (inherits && inherits.checked !== (form.elements.inherits_was.value === "on")) changes += 1;
  return changes;
}

function toggle(row, form) {
  const select = mode(row);
  const was = row.querySelector("input[name$='-was']").value;
  if (was === "") {
    row.remove();
    form.querySelector("[data-adder]").focus();
  } else if (select.value === "remove") select.value = was.startsWith("block") ? "block" : "allow";
  else select.value = "remove";
}

function nameEnd(field, form) {
  const words = field.closest("details").querySelector("[data-end-words]");
  if (!field.valueAsDate) words.textContent = form.dataset.noEnd;
  else {
    const day = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
    const written = new Intl.DateTimeFormat(document.documentElement.lang, day).format(field.valueAsDate);
    words.textContent = form.dataset.end.replace("{day}", written);
  }
}

async function effectOf(form) {
  try {
    const response = await fetch(form.dataset.effect, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    return response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  } catch {
    return null; // offline: saving asks on a page of its own
  }
}

function exchange(part) {
  const old = document.getElementById(part.id);
  if (!old) return;
  const open = old.querySelector("details[open]");
  old.replaceWith(document.importNode(part, true));
  if (open) document.querySelector(`#${part.id} details`)?.setAttribute("open", "");
}
