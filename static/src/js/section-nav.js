// nav[data-sections] links to the sections of its page: the entry of the one being read is marked. The one that was
// chosen stays marked until the reader scrolls: a short section, or one of the last, may not reach the top.
import { found } from "./enliven.js";

const BY_HAND = ["wheel", "touchmove", "keydown"];

export function sectionNav(root) {
  for (const nav of found(root, "nav[data-sections]")) {
    const links = [...nav.querySelectorAll('a[href^="#"]')];
    const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
    const inView = new Set();
    let chosen = null;
    const show = () => mark(links, chosen ?? sections.findLastIndex((section) => inView.has(section)));
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) inView[isIntersecting ? "add" : "delete"](target);
      show();
    }, { rootMargin: "-80px 0px -60% 0px" });
    links.forEach((link, index) => link.addEventListener("click", () => {
      chosen = index;
      show();
    }));
    for (const event of BY_HAND) addEventListener(event, () => { chosen = null; }, { passive: true });
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
