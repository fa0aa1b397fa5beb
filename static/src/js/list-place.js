// [data-list-place] is a list to which pages are added. Whoever comes back to it finds as many of them as before, and
// the same place: both are kept in the entry of the history.
import htmx from "htmx.org";
import { enliven, found } from "./enliven.js";

const MOST_PAGES = 20;

export function listPlace(root) {
  const [list] = found(root, "[data-list-place]");
  if (!list) return;
  const kept = history.state?.list;
  // A list that was loaded into the page is another one: what is kept belongs to the list it came in place of.
  if (kept && root === document.body) comeBack(kept);
  addEventListener("pagehide", keep);
}

/** The entry of the list that stands highest in the window, and how far from its edge: what is added above moves it. */
function keep() {
  const more = Number(document.querySelector("#list")?.dataset.more ?? 0);
  if (!more) return;
  const first = [...document.querySelectorAll("#items > *")].find((item) => item.getBoundingClientRect().bottom > 0);
  const item = first?.querySelector("a")?.getAttribute("href");
  const top = first?.getBoundingClientRect().top;
  history.replaceState({ ...history.state, list: { more, item, top, y: scrollY } }, "");
}

async function comeBack({ more, item, top, y }) {
  history.scrollRestoration = "manual";
  try {
    for (let page = 0; page < Math.min(more, MOST_PAGES); page++) await addNextPage();
    await document.fonts.ready;
    const link = [...document.querySelectorAll("#items a")].find((one) => one.getAttribute("href") === item);
    const first = link?.closest("#items > *");
    scrollTo({ top: first ? scrollY + first.getBoundingClientRect().top - top : y, behavior: "instant" });
  } catch {
    // Then the list is as long as it was loaded, and "Show more" is still there.
  } finally {
    history.scrollRestoration = "auto";
  }
}

async function addNextPage() {
  const link = document.querySelector("#more");
  if (!link) return;
  const answer = await fetch(link.href);
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const items = [...page.querySelectorAll("#items > *")];
  document.querySelector("#items").append(...items);
  document.querySelector("#pager").replaceWith(page.querySelector("#pager"));
  for (const part of [...items, document.querySelector("#pager")]) {
    htmx.process(part);
    enliven(part);
  }
  counted();
}

/** One more page has been added to the list. */
export function counted() {
  const list = document.querySelector("#list");
  if (list) list.dataset.more = Number(list.dataset.more ?? 0) + 1;
}
