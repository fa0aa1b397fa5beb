// [data-side-bar] on narrow screens: the link to the menu page opens the side bar over the page instead.
import Offcanvas from "bootstrap/js/src/offcanvas.js";
import { found } from "./enliven.js";

export function sideBar(root) {
  for (const link of found(root, "[data-side-bar]")) {
    const side = document.querySelector(link.dataset.sideBar);
    if (!side) continue;
    link.setAttribute("role", "button");
    link.setAttribute("aria-controls", side.id);
    link.setAttribute("aria-expanded", "false");
    side.addEventListener("shown.bs.offcanvas", () => link.setAttribute("aria-expanded", "true"));
    side.addEventListener("hidden.bs.offcanvas", () => {
      link.setAttribute("aria-expanded", "false");
      link.focus();
    });
    link.addEventListener("click", (event) => {
      event.preventDefault();
      Offcanvas.getOrCreateInstance(side).toggle(link);
    });
  }
}
