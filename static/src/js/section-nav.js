// nav[data-sections] links to the sections of its page: the entry of the one being read is marked.
import { found } from "./enliven.js";

export function sectionNav(root) {
  for (const nav of found(root, "nav[data-sections]")) {
    const links = [...nav.querySelectorAll('a[href^="#"]')];
    const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
    const inView = new Set();
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) inView[isIntersecting ? "add" : "delete"](target);
      mark(links, sections.findIndex((section) => inView.has(section)));
    }, { rootMargin: "-80px 0px -40% 0px" });
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
