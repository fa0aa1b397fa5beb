// form[data-filter="<selector>"] holds a search field: with script the elements it selects are narrowed down while one
// types; without it the form is sent.
import { found } from "./enliven.js";

export function filters(root) {
  for (const form of found(root, "form[data-filter]")) {
    const field = form.querySelector("input[type=search]");
    const said = form.querySelector("[data-filter-found]");
    form.querySelector("[data-filter-button]").hidden = true;
    form.addEventListener("submit", (event) => event.preventDefault());
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLocaleLowerCase();
      let shown = 0;
      for (const element of document.querySelectorAll(form.dataset.filter)) {
        const fits = element.textContent.toLocaleLowerCase().includes(wanted);
        (element.closest("li") ?? element).hidden = !fits;
        if (fits) shown += 1;
      }
      said.textContent = shown ? "" : said.dataset.none;
    });
  }
}
