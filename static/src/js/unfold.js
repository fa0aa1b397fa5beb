// [data-unfold="#part"] is a link in a row of a table. It shows that part of the page it leads to in a row below, and
// takes it away again.
import { found } from "./enliven.js";

export function unfold(root) {
  for (const link of found(root, "[data-unfold]")) {
    link.setAttribute("role", "button");
    link.setAttribute("aria-expanded", "false");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      toggle(link);
    });
    link.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      toggle(link);
    });
  }
}

async function toggle(link) {
  const row = link.closest("tr");
  if (row.nextElementSibling?.classList.contains("unfolded")) {
    row.nextElementSibling.remove();
    link.setAttribute("aria-expanded", "false");
    return;
  }
  if (link.getAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = page.querySelector(link.dataset.unfold);
    if (!answer.ok || !part) throw new Error("the page has no such part");
    row.after(below(row, part));
    link.setAttribute("aria-expanded", "true");
  } catch {
    location.assign(link.href);
  } finally {
    link.removeAttribute("aria-busy");
  }
}

function below(row, part) {
  const made = document.createElement("tr");
  made.className = "unfolded";
  made.setAttribute("role", "row");
  const first = document.createElement("td");
  const rest = document.createElement("td");
  for (const cell of [first, rest]) cell.setAttribute("role", "cell");
  rest.colSpan = row.cells.length - 1;
  rest.className = "s-full";
  part.removeAttribute("id"); // several may be open
  rest.append(part);
  made.append(first, rest);
  return made;
}
