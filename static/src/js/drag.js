// Items are dragged by the pointer onto a folder, a [data-folder] of the side bar or a card: what is ticked, if the one
// that is dragged is, else that one. The page that moves them opens over this one and says what it does to people.
import { boxes } from "./bulk.js";
import { openPage } from "./dialogs.js";

const ITEMS = "application/x-privmedia-items";

document.addEventListener("dragstart", ({ target, dataTransfer }) => {
  const box = target.closest?.(".mc, tr.lrow")?.querySelector('.ck[form="bulk-form"]');
  if (!box) return;
  const dragged = box.checked ? boxes().filter(({ checked }) => checked) : [box];
  dataTransfer.setData(ITEMS, dragged.map(({ value }) => value).join(" "));
  dataTransfer.effectAllowed = "move";
  document.body.classList.add("drags-items");
});

function folderAt({ target, dataTransfer }) {
  return dataTransfer.types.includes(ITEMS) ? target.closest?.("[data-folder]") : null;
}

function mark(folder) {
  for (const marked of document.querySelectorAll(".drop-here")) marked.classList.remove("drop-here");
  folder?.classList.add("drop-here");
}

document.addEventListener("dragover", (event) => {
  const folder = folderAt(event);
  mark(folder);
  if (!folder) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
});

document.addEventListener("drop", (event) => {
  const folder = folderAt(event);
  if (!folder) return;
  event.preventDefault();
  const address = new URL("/move", location);
  for (const item of event.dataTransfer.getData(ITEMS).split(" ")) address.searchParams.append("item", item);
  address.searchParams.append("to", folder.dataset.folder);
  openPage(address, { stays: true, opener: folder });
});

document.addEventListener("dragend", () => {
  mark(null);
  document.body.classList.remove("drags-items");
});
