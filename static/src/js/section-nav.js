// nav[data-sections] links to the sections of its page: the entry of the one being read is marked.
import { found } from "./enliven.js";

const AFTER_THE_JUMP = 100; // milliseconds: the last sections cannot reach the top

export function sectionNav(root) {
  for (const nav of found(root, "nav[data-sections]")) {
    const links = [...nav.querySelectorAll('a[href^="#"]')];
    const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
    const inView = new Set();
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) inView[isIntersecting ? "add" : "delete"](target);
      mark(links, sections.findLastIndex((section) => inView.has(section)));
    }, { rootMargin: "-80px 0px -60% 0px" });
    links.forEach((link, index) => link.addEventListener("click", () => setTimeout(mark, AFTER_THE_JUMP, links, index)));
    sections.forEach((section) => section && observer.observe(section));
  }
}

function mark(links, current) {
  if (current < 0) return;
  links.forEach((link, index) => {
    if (index === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
}
