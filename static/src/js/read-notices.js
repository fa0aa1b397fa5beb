// form[data-read-notices]: whoever sees the page has read it; its button is for those without script. What is marked as
// new stays so until the page is left.
import { found } from "./enliven.js";

export function readNotices(root) {
  for (const form of found(root, "form[data-read-notices]")) {
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    form.parentElement.remove();
  }
}
