// [data-adder]: typing a name suggests people and groups (a combobox with a list, after the ARIA patterns of the W3C);
// choosing one adds a row to the table. Without a choice, Enter sends the form, and the server finds whom it means.
import { found } from "./enliven.js";
import { counted } from "./words.js";

const STILL = 150; // milliseconds without a letter before the server is asked

export function accessAdder(root) {
  for (const field of found(root, "[data-adder]")) {
    const form = field.form;
    const list = document.createElement("ul");
    list.id = `${field.id}-list`;
    list.className = "suggestions";
    list.hidden = true;
    for (const [name, value] of [["role", "listbox"], ["aria-label", field.placeholder]]) list.setAttribute(name, value);
    field.parentElement.after(list);
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
    for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value);

    let timer;
    let asked = 0;
    let suggestions = [];

    const close = () => {
      list.hidden = true;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    };
    const show = (found) => {
      suggestions = found;
      list.replaceChildren(...found.map((one, index) => option(one, index, list.id, form)));
      list.hidden = found.length === 0;
      field.setAttribute("aria-expanded", String(found.length > 0));
      field.removeAttribute("aria-activedescendant");
    };
    const choose = (index) => {
      field.value = "";
      close();
      addRow(form, suggestions[index]);
    };
    const active = () => [...list.children].findIndex((one) => one.id === field.getAttribute("aria-activedescendant"));
    const activate = (index) => {
      const count = list.children.length;
      const next = list.children[(index + count) % count];
      for (const one of list.children) one.setAttribute("aria-selected", String(one === next));
      field.setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    };

    field.addEventListener("input", () => {
      clearTimeout(timer);
      asked += 1;
      if (!field.value.trim()) return close();
      const number = asked;
      timer = setTimeout(async () => {
        const found = await suggest(form.dataset.suggest, field.value);
        if (number === asked) show(found);
      }, STILL);
    });
    field.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      const index = active();
      if (event.key === "ArrowDown") activate(index + 1);
      else if (event.key === "ArrowUp") activate(index < 0 ? -1 : index - 1);
      else if (event.key === "Enter" && index >= 0) choose(index);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
    field.addEventListener("blur", close);
    // Pressed, not clicked: the field would lose the focus, and the list with it.
    list.addEventListener("pointerdown", (event) => {
      const chosen = event.target.closest("[role=option]");
      if (!chosen) return;
      event.preventDefault();
      choose([...list.children].indexOf(chosen));
    });
  }
}

async function suggest(address, typed) {
  try {
    const response = await fetch(`${address}?${new URLSearchParams({ q: typed })}`);
    return response.ok ? await response.json() : [];
  } catch {
    return [];
  }
}

function details(one, form) {
  if (one.people === null) return one.email;
  return counted(JSON.parse(form.dataset.people), one.people);
}

function face(avatar, one) {
  avatar.classList.add(`c${one.colour}`);
  avatar.classList.toggle("grp", one.people !== null);
  avatar.textContent = one.initials;
  return avatar;
}

function option(one, index, id, form) {
  const item = document.createElement("li");
  item.id = `${id}-${index}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  const avatar = document.createElement("span");
  avatar.className = "av s24";
  avatar.setAttribute("aria-hidden", "true");
  const words = document.createElement("span");
  const name = document.createElement("b");
  const more = document.createElement("span");
  more.className = "xs dim";
  name.textContent = one.name;
  more.textContent = details(one, form);
  words.append(name, " ", more);
  item.append(face(avatar, one), words);
  return item;
}

/** A row for a new rule with View ticked; the row that is there already, if there is one. */
function addRow(form, one) {
  const rows = form.querySelector("[data-rules]");
  const there = rows.querySelector(`input[name$="-principal"][value="${CSS.escape(one.principal)}"]`);
  let row = there?.closest("[data-rule]");
  if (!row) {
    row = document.importNode(form.querySelector("template[data-new-rule]").content, true).querySelector("[data-rule]");
    const number = 1 + Math.max(-1, ...[...rows.querySelectorAll("[data-rule] select")].map((select) => Number(select.name.split("-")[1])));
    for (const element of row.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) {
        if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace("rules-N-", `rules-${number}-`));
      }
    }
    for (const element of row.querySelectorAll("[aria-label]")) element.setAttribute("aria-label", element.getAttribute("aria-label").replace("{who}", one.name));
    row.querySelector("input[name$='-principal']").value = one.principal;
    row.querySelector("button[name=toggle]").value = one.principal;
    row.querySelector(".who-name").textContent = one.name;
    face(row.querySelector(".av"), one);
    const size = one.people === null ? "" : `${details(one, form)}, `;
    row.querySelector("[data-note]").textContent = `${size}${form.dataset.new}`;
    rows.append(row);
  }
  row.querySelector("input[type=checkbox]").focus();
  row.scrollIntoView({ block: "nearest" });
  form.dispatchEvent(new CustomEvent("rule-added"));
}
