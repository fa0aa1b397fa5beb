// form[data-toast]: what was just done, with Undo. It leaves after 8 seconds, not while the pointer or the focus is on it.
// Without script it stays where it is, as a message of the page.
import { found } from "./enliven.js";

const SHOWN = 8000; // milliseconds

export function toasts(root) {
  for (const toast of found(root, "[data-toast]")) {
    const undo = toast.querySelector("[data-undo]");
    const close = toast.querySelector("[data-close]");
    undo.textContent = undo.dataset.undo;
    for (const part of [close, toast.querySelector(".left")]) part.hidden = false;
    toast.classList.add("floats");
    let timer = 0;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => toast.matches(":hover, :focus-within") || toast.remove(), SHOWN);
    };
    for (const event of ["pointerleave", "focusout"]) toast.addEventListener(event, wait);
    close.addEventListener("click", () => toast.remove());
    wait();
  }
}
