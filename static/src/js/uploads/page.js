// What begins when files are chosen: the queue of this tab, kept while its pages change, and the upload page on it.
import { stayWhile } from "../pages.js";
import { fill } from "../words.js";
import { chosenFiles, droppedFiles } from "./dropped.js";
import { Queue } from "./queue.js";
import { siteOf } from "./site.js";
import { View } from "./view.js";

const NAMED = 5; // of what could not be read

let queue;
let view;

/** Make the page's panel work. `dropped`: what was dropped on another page, and led here. */
export async function uploadPage(panel, dropped = null) {
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
  chooser(panel, (chosen) => add(panel, chosen));
  await queue.recall();
  if (dropped) await add(panel, dropped);
}

/** On other pages: what goes on, in a line. */
export function elsewhere() {
  view?.showElsewhere();
}

function settings(panel) {
  const folder = panel.querySelector("[data-folder]");
  const draft = panel.querySelector("[data-draft]");
  const who = panel.querySelector("[data-who]:not(option)");
  const say = () => {
    const words = folder.selectedOptions[0]?.dataset.who ?? "";
    who.hidden = !words || draft.checked;
    who.querySelector("[data-text]").textContent = words;
  };
  folder.addEventListener("change", say);
  draft.addEventListener("change", say);
  say();
}

/** `add(chosen)` is told what is chosen, dropped or pasted, as `dropped.js` finds it. */
export function chooser(panel, add) {
  for (const field of panel.querySelectorAll("[data-choose]")) {
    const chosen = () => {
      add(chosenFiles(field));
      field.value = "";
    };
    field.addEventListener("change", chosen);
    if (field.files.length) chosen(); // before this was here
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
async function add(panel, chosen) {
  const { files } = chosen;
  const folder = panel.querySelector("[data-folder]").value;
  const tags = panel.querySelector("[data-tags]").value.trim();
  const draft = panel.querySelector("[data-draft]").checked;
  const ways = [...new Map(files.filter(({ way }) => way.length).map(({ way }) => [way.join("/"), way])).values()];
  const made = new Map();
  const said = leftOut(queue.site.words, chosen);
  if (ways.length) {
    const { folders, refused, instead } = await queue.site.folders(folder, ways);
    if (refused) said.unshift(refused);
    if (refused && !instead) return note(panel, said.join(" "));
    ways.forEach((way, number) => made.set(way.join("/"), folders?.[number]));
  }
  note(panel, said.join(" "));
  const title = panel.querySelector("[data-title]");
  const where = { tags, draft, ...(files.length === 1 && { title: title.value.trim() }) };
  if (files.length === 1) title.value = "";
  queue.add(files.map(({ file, way }) => ({ file, where: { ...where, folder: made.get(way.join("/")) ?? folder } })));
}

/** Sentences about what is not among the files. */
export function leftOut(words, { files, hidden, unreadable }) {
  const said = [];
  if (unreadable.length) said.push(fill(words.left_unreadable, { names: unreadable.slice(0, NAMED).join(", "), count: unreadable.length }));
  if (hidden) said.push(fill(words.left_hidden, { count: hidden }));
  if (!files.length && !said.length) said.push(words.left_nothing);
  return said;
}

export function note(panel, text) {
  const place = panel.querySelector("[data-note]");
  place.hidden = !text;
  place.querySelector("[data-text]").textContent = text;
}
