// form[data-send-at-once] is sent as soon as something in it is chosen; its button is for those without script.
import { found } from "./enliven.js";

export function sendAtOnce(root) {
  for (const form of found(root, "form[data-send-at-once]")) {
    form.querySelector("button[type=submit]").hidden = true;
    form.addEventListener("change", () => form.requestSubmit());
  }
}
