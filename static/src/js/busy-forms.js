// form[data-busy]: a second press of the button sends nothing a second time, and the button says that work goes on.
import { found } from "./enliven.js";

export function busyForms(root) {
  for (const form of found(root, "form[data-busy]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      if (event.submitter && form.dataset.busy) showBusy(event.submitter, form.dataset.busy);
    });
  }
}

function showBusy(button, text) {
  const spinner = document.createElement("span");
  spinner.className = "spinner";
  spinner.setAttribute("aria-hidden", "true");
  button.style.minWidth = `${button.offsetWidth}px`;
  button.setAttribute("aria-disabled", "true");
  button.replaceChildren(spinner, text);
}

// The browser may bring a page back from its memory as it was left: busy for ever.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && document.querySelector("form[data-sent]")) location.reload();
});
