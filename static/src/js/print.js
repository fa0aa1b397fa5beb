// button[data-print] prints the page. It is hidden without script, where the browser's own menu does it.
import { found } from "./enliven.js";

export function printButtons(root) {
  for (const button of found(root, "button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}
