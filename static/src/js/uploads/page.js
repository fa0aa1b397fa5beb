// What begins when files are chosen: the queue of this tab, kept while its pages change, and the upload page on it.
import { stayWhile } from "../pages.js";
import { chosenFiles, droppedFiles } from "./dropped.js";
import { Queue } from "./queue.js";
import { siteOf } from "./site.js";
import { View } from "./view.js";

let queue;
let view;

/** Make the page's panel work. `files`: what was dropped on another page, and led here. */
export async function uploadPage(panel, files = []) {
  const site = siteOf(panel);
  if (queue && queue.site.person !== site.person) queue.pauseAll(); // somebody else signed in: these are not theirs
  if (queue?.site.person !== site.person) {
    queue = new Queue(site);
    view = new View(queue);
    stayWhile(
      () => queue.uploads.length > 0,
      () => queue.isBusy,
    );
  } else {
    Object.assign(queue.site, site); // what is under way asks the same object
  }
  view.showOn(panel);
  settings(panel);
  chooser(panel, (files) => add(panel, files));
  await queue.recall();
  if (files.length) await add(panel, files);
}

/** On other pages: what goes on, in a line. */
export function elsewhere() {
  view?.showElsewhere();
}

function settings(panel) {
  const folder = panel.querySelector("[data-folder]");
  const who = panel.querySelector("[data-who]:not(option)");
  const say = () => {
    const words = folder.selectedOptions[0]?.dataset.who ?? "";
    who.hidden = !words;
    who.querySelector("[data-text]").textContent = words;
  };
  folder.addEventListener("change", say);
  say();
}

/** `add({file, way}[])` is told what is chosen, dropped or pasted. */
export function chooser(panel, add) {
  for (const field of panel.querySelectorAll("[data-choose]")) {
    field.addEventListener("change", () => {
      add(chosenFiles(field));
      field.value = "";
    });
  }
  const drop = panel.querySelector("[data-drop]");
  const isFiles = ({ dataTransfer }) => dataTransfer.types.includes("Files");
  const within = (name, what) => {
    const heard = (event) => (drop.isConnected ? isFiles(event) && what(event) : document.removeEventListener(name, heard));
    document.addEventListener(name, heard);
  };
  within("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  within("dragleave", (event) => event.relatedTarget || drop.classList.remove("over"));
  within("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    add(await droppedFiles(event.dataTransfer));
  });
  const pasted = async (event) => {
    if (!drop.isConnected) return document.removeEventListener("paste", pasted);
    if (event.clipboardData.files.length) add(await droppedFiles(event.clipboardData));
  };
  document.addEventListener("paste", pasted);
}

/** Files go to the folder that is chosen; those of a tree to folders below it, if those may be made. */
async function add(panel, files) {
  const folder = panel.querySelector("[data-folder]").value;
  const tags = panel.querySelector("[data-tags]").value.trim();
  const draft = panel.querySelector("[data-draft]").checked;
  const ways = [...new Map(files.filter(({ way }) => way.length).map(({ way }) => [way.join("/"), way])).values()];
  const made = new Map();
  if (ways.length) {
    const { folders, refused } = await queue.site.folders(folder, ways);
    ways.forEach((way, number) => made.set(way.join("/"), folders?.[number]));
    note(panel, refused ?? "");
  } else note(panel, "");
  queue.add(files.map(({ file, way }) => ({ file, where: { folder: made.get(way.join("/")) ?? folder, tags, draft } })));
}

export function note(panel, text) {
  const place = panel.querySelector("[data-note]");
  place.hidden = !text;
  place.querySelector("[data-text]").textContent = text;
}
