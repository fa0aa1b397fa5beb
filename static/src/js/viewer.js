// [data-viewer] shows a picture or a page of a document. Its links to the one before and the one after work by
// themselves; here arrow keys and swipes follow them, and the picture can be looked at in its own size.
import { found } from "./enliven.js";
import { entryFor } from "./key-table.js";

const FAR_ENOUGH = 60; // px of a swipe

export function viewers(root) {
  for (const viewer of found(root, "[data-viewer]")) {
    const follow = (which) => viewer.querySelector(`a[data-${which}]`)?.click();
    viewer.addEventListener("keydown", (event) => {
      const entry = event.target.matches("input") ? undefined : entryFor("picture", event);
      if (!entry || (viewer.dataset.zoomed !== undefined && event.key.startsWith("Arrow"))) return;
      event.preventDefault();
      const act = { larger: () => zoom(viewer, true), smaller: () => zoom(viewer, false) }[entry.does];
      (act ?? (() => follow(entry.does)))();
    });
    swipes(viewer, follow);
    zooms(viewer);
    const field = viewer.querySelector("input[name=page]");
    if (field) {
      turnToAddress(field);
      addEventListener("hashchange", () => turnToAddress(field));
    }
  }
}

/** An address that ends in #page=7 shows that page. */
function turnToAddress(field) {
  const wanted = /^#page=(\d{1,5})$/.exec(location.hash)?.[1];
  if (wanted && wanted !== field.value && Number(wanted) <= Number(field.max)) {
    location.replace(`?page=${wanted}#page=${wanted}`);
  }
}

function swipes(viewer, follow) {
  let from = null;
  viewer.addEventListener("touchstart", ({ touches }) => {
    from = touches.length === 1 && viewer.dataset.zoomed === undefined ? [touches[0].clientX, touches[0].clientY] : null;
  }, { passive: true });
  viewer.addEventListener("touchend", ({ changedTouches: [touch] }) => {
    if (!from) return;
    const [across, along] = [touch.clientX - from[0], touch.clientY - from[1]];
    if (Math.abs(across) > FAR_ENOUGH && Math.abs(across) > 2 * Math.abs(along)) follow(across < 0 ? "after" : "before");
    from = null;
  });
}

function zooms(viewer) {
  const button = viewer.querySelector("[data-zoom]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => zoom(viewer, viewer.dataset.zoomed === undefined));
  viewer.querySelector("img")?.addEventListener("dblclick", () => zoom(viewer, viewer.dataset.zoomed === undefined));
}

function zoom(viewer, larger) {
  const button = viewer.querySelector("[data-zoom]");
  if (!button) return;
  if (larger) viewer.dataset.zoomed = "";
  else delete viewer.dataset.zoomed;
  button.setAttribute("aria-pressed", String(larger));
  const frame = viewer.querySelector("[data-frame]");
  const picture = frame.querySelector("img[srcset]");
  if (larger && picture) picture.sizes = `${picture.getAttribute("width")}px`; // the largest there is
  frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
}
