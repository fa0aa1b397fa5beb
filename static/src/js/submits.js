// form[data-submits] is sent when one of its choices changes; its button ([data-submit]) is for those without script.
import { found } from "./enliven.js";

export function submits(root) {
  for (const form of found(root, "form[data-submits]")) {
    form.querySelector("[data-submit]").hidden = true;
    form.addEventListener("change", () => form.requestSubmit());
  }
}
