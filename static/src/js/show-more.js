// [data-more="#list"] adds the next page to that list (htmx does the adding): the focus goes on to the first new entry,
// because the link it was on is gone.
import { found } from "./enliven.js";
import { counted } from "./list-place.js";

export function showMore(root) {
  for (const link of found(root, "[data-more]")) {
    link.addEventListener("htmx:beforeRequest", () => {
      const list = document.querySelector(link.dataset.more);
      const before = list.children.length;
      list.addEventListener(
        "htmx:afterSettle",
        () => {
          counted();
          list.children[before]?.querySelector("a")?.focus();
        },
        { once: true },
      );
    });
  }
}
