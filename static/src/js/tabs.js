// [data-tabs] holds sections one under the other, each with a heading. With script they become tabs
// (WAI-ARIA Authoring Practices, "Tabs"): one of them is shown, arrow keys go from one to the next.
import { found } from "./enliven.js";

export function tabs(root) {
  for (const box of found(root, "[data-tabs]")) {
    const sections = [...box.children].filter((child) => child.matches("section"));
    if (sections.length > 1) makeTabs(box, sections);
  }
}

function makeTabs(box, sections) {
  const list = document.createElement("div");
  list.className = "nav nav-tabs mb-3";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", box.dataset.tabs);
  const buttons = sections.map((section, index) => {
    const button = tabFor(section);
    button.addEventListener("click", () => show(index));
    list.append(button);
    return button;
  });
  const show = (chosen, focus = false) => {
    for (const [index, section] of sections.entries()) {
      section.hidden = index !== chosen;
      buttons[index].classList.toggle("active", index === chosen);
      buttons[index].setAttribute("aria-selected", String(index === chosen));
      buttons[index].tabIndex = index === chosen ? 0 : -1;
    }
    if (focus) buttons[chosen].focus();
  };
  list.addEventListener("keydown", (event) => {
    const here = buttons.indexOf(document.activeElement);
    const steps = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: buttons.length - 1 };
    if (here < 0 || !(event.key in steps)) return;
    event.preventDefault();
    show((steps[event.key] + buttons.length) % buttons.length, true);
  });
  box.prepend(list);
  show(Math.max(0, sections.findIndex((section) => `#${section.id}` === location.hash)));
}

function tabFor(section) {
  const heading = section.querySelector("h2");
  heading.classList.add("visually-hidden");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "nav-link";
  button.id = `tab-${section.id}`;
  button.textContent = heading.textContent;
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", section.id);
  section.setAttribute("role", "tabpanel");
  section.setAttribute("aria-labelledby", button.id);
  return button;
}
