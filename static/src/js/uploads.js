// [data-uploads]: the upload page. [data-give]: the page on which files are sent by a link. [data-drop-files="<address>"]: a page on which files can be dropped; the upload page at
// that address takes them. All of it is fetched when it is needed first.
import { found } from "./enliven.js";
import { visit } from "./pages.js";
import { droppedFiles } from "./uploads/dropped.js";

let begun = null;
let dropped = null;

const begin = () => (begun ??= import("./uploads/page.js"));

export function uploads(root) {
  if (root !== document.body) return;
  const [panel] = found(root, "[data-uploads]");
  const led = dropped;
  dropped = null;
  const [give] = found(root, "[data-give]");
  if (give) import("./uploads/give.js").then(({ givePage }) => givePage(give));
  if (panel) begin().then(({ uploadPage }) => uploadPage(panel, led));
  else begun?.then(({ elsewhere }) => elsewhere());
}

const target = ({ dataTransfer }) => (dataTransfer.types.includes("Files") ? document.querySelector("[data-drop-files]") : null);

document.addEventListener("dragover", (event) => {
  const place = target(event);
  if (!place) return;
  event.preventDefault();
  place.classList.add("drop-files-here");
});

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) target(event)?.classList.remove("drop-files-here");
});

document.addEventListener("drop", async (event) => {
  const place = target(event);
  if (!place) return;
  event.preventDefault();
  place.classList.remove("drop-files-here");
  [dropped] = await Promise.all([droppedFiles(event.dataTransfer), begin()]);
  visit(place.dataset.dropFiles);
});
