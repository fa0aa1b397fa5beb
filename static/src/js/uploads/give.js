// The page on which files are sent by a link: the queue of the upload page, for somebody without an account. What arrived
// is compared with what was read from the disk, sum by sum.
import { stayWhile } from "../pages.js";
import { chooser, leftOut, note } from "./page.js";
import { Queue } from "./queue.js";
import { siteOf } from "./site.js";
import { sumOf } from "./summing.js";
import { State } from "./upload.js";
import { View } from "./view.js";

const SUMMED_UP_TO = 4 * 1000 ** 3; // bytes
const FINAL = [State.ready, State.failed, State.refused];

let queue;
let view;

export async function givePage(panel) {
  const site = giveSite(panel);
  if (queue?.site.person !== site.person) {
    queue?.pauseAll();
    queue = new Queue(site);
    view = new View(queue);
    stayWhile(
      () => queue.uploads.length > 0,
      () => queue.isBusy,
    );
    queue.addEventListener("change", () => finished());
  } else Object.assign(queue.site, site);
  view.showOn(panel);
  chooser(panel, (chosen) => add(panel, chosen));
  if ("open" in panel.dataset) await queue.recall();
}

function giveSite(panel) {
  const { sent } = panel.dataset;
  return {
    ...siteOf(panel),
    panel: "[data-give]",
    read: giveSite,
    known: async () => ({ twin: null }),
    states: async (items, uploads) => Object.fromEntries(await Promise.all(items.map(async (item, at) => [item, await arrived(`${sent}${item}`, uploads[at])]))),
  };
}

/** What the server says of a file that arrived whole, once it was told what its sum is here. */
async function arrived(address, upload) {
  const { file, size } = upload;
  upload.own ??= file && size <= SUMMED_UP_TO ? sumOf(file, () => {}, () => false).catch(() => null) : Promise.resolve(null);
  const answer = await fetch(address, {
    method: "POST",
    body: new URLSearchParams({ sha256: (await upload.own) ?? "" }),
    headers: { "X-CSRF-Token": queue.site.csrf, Accept: "application/json" },
  }).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

/** Say who sends, which opens the link in this browser, and begin. */
async function add(panel, chosen) {
  const form = panel.querySelector("[data-who]");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
  if (answer?.status === 410) return location.reload();
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer?.ok) return note(panel, page?.querySelector("[data-give] [role=alert]")?.textContent.trim() ?? queue.site.words.broken);
  note(panel, leftOut(queue.site.words, chosen).join(" "));
  queue.add(chosen.files.map(({ file }) => ({ file, where: { folder: "", tags: "", draft: false } })));
}

/** Once nothing is under way any more, the page says what has arrived, as it would say it tomorrow. */
async function finished() {
  const { uploads, site } = queue;
  if (!uploads.some(({ isDone }) => isDone) || !uploads.every(({ state }) => FINAL.includes(state))) return;
  const answer = await fetch(site.address).catch(() => null);
  const page = new DOMParser().parseFromString(answer?.ok ? await answer.text() : "", "text/html");
  const [old, fresh] = [document, page].map((one) => one.querySelector("[data-receipt]"));
  if (!old || !fresh) return;
  old.replaceWith(document.importNode(fresh, true));
  queue.clear();
}
