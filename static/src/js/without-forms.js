// [data-without-forms="#id"] is shown in place of that form where none can be sent: in a window that a page opened out of
// a sandbox which forbids it. Browsers tell it in one way: they do not even say that a form is about to be sent.
import { found } from "./enliven.js";

export function withoutForms(root) {
  for (const element of found(root, "[data-without-forms]")) {
    if (sendsForms()) continue;
    document.querySelector(element.dataset.withoutForms).hidden = true;
    element.hidden = false;
  }
}

function sendsForms() {
  const form = document.createElement("form");
  let told = false;
  form.hidden = true;
  form.addEventListener("submit", (event) => {
    told = true;
    event.preventDefault();
    event.stopPropagation();
  });
  document.body.append(form);
  form.requestSubmit();
  form.remove();
  return told;
}
