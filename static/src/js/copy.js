// button[data-copy="#id"] copies the text or value of that element. It is hidden where it could not work.
import { found } from "./enliven.js";

const SHOWN_FOR = 1600;

export function copyButtons(root) {
  if (!navigator.clipboard) return;
  for (const button of found(root, "button[data-copy]")) {
    const label = button.querySelector("[data-label]");
    const original = label.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.querySelector(button.dataset.copy);
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      label.textContent = button.dataset.done;
      button.dispatchEvent(new Event("copied", { bubbles: true }));
      setTimeout(() => (label.textContent = original), SHOWN_FOR);
    });
  }
}
