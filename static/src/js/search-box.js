// [data-search-box] is the search form of the top bar. htmx brings suggestions into its list while one types; here they
// are opened, walked through and closed (the combobox of the ARIA patterns of the W3C).
import { found } from "./enliven.js";

export function searchBox(root) {
  for (const form of found(root, "[data-search-box]")) {
    const field = form.querySelector("input[type=search]");
    const list = form.querySelector("[role=listbox]");
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
    for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value);

    const options = () => [...list.children];
    const chosen = () => options().find((option) => option.id === field.getAttribute("aria-activedescendant"));
    const mark = (option) => {
      for (const one of options()) one.setAttribute("aria-selected", String(one === option));
      if (option) field.setAttribute("aria-activedescendant", option.id);
      else field.removeAttribute("aria-activedescendant");
      option?.scrollIntoView({ block: "nearest" });
    };
    const show = (shown) => {
      list.hidden = !shown;
      field.setAttribute("aria-expanded", String(shown));
      mark(null);
    };
    const step = (by) => {
      const all = options();
      const next = all.indexOf(chosen()) + by;
      // Beyond either end stands the field itself, with what was typed.
      mark(next === -2 ? all.at(-1) : all[next] ?? null);
    };

    list.addEventListener("htmx:afterSwap", () => show(list.children.length > 0 && document.activeElement === field));
    field.addEventListener("input", () => field.value.trim() || show(false));
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && list.hidden && list.children.length > 0) show(true);
      if (list.hidden) return;
      if (event.key === "ArrowDown") step(1);
      else if (event.key === "ArrowUp") step(-1);
      else if (event.key === "Enter" && chosen()) chosen().click();
      else if (event.key === "Escape") show(false);
      else return;
      event.preventDefault();
    });
    form.addEventListener("focusout", ({ relatedTarget }) => {
      if (!form.contains(relatedTarget)) show(false);
    });
    // Pressed, not clicked: the field would lose the focus, and the list with it, before the click arrives.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
  }
}
