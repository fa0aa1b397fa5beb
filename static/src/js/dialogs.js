// a[data-dialog] leads to a page; here what that page has in its main part opens in a dialog over this one. A form with
// data-dialog="move delete" does so for those of its buttons. Forms in a dialog are sent from there: where the answer leads
// elsewhere (the server tells it in X-Location), the browser goes there; else the answer is what the dialog shows.
import htmx from "htmx.org";
import { enliven, found } from "./enliven.js";

/** What gets the focus in a dialog; where there is nothing like that, the first field. */
const FIRST = "[aria-invalid=true], [autofocus], [data-copy]:not([hidden]), input[type=radio]:checked";

export function dialogs(root) {
  for (const link of found(root, "a[data-dialog]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      openPage(new URL(link.href), { opener: link.closest("details")?.querySelector("summary") ?? link });
    });
  }
  for (const form of found(root, "form[data-dialog]")) {
    form.addEventListener("submit", (event) => {
      const { submitter } = event;
      if (!form.dataset.dialog.split(" ").includes(submitter?.value)) return;
      const address = addressOf(form, submitter);
      if (!address.searchParams.has("item")) return;
      event.preventDefault();
      openPage(address, { stays: true, opener: submitter });
    });
  }
}

/** Show the page of an address in a dialog. `stays`: what is done there brings one back to this page. */
export async function openPage(address, { stays = false, opener = null } = {}) {
  try {
    let answer = await ask(address);
    if (answer.elsewhere) {
      // To be signed in again, or to choose something first, needs a page.
      if (["/", "/login"].includes(answer.elsewhere.pathname)) throw new Error("no page for a dialog");
      answer = await ask((address = answer.elsewhere));
    }
    const dialog = document.querySelector("dialog.page-dialog") ?? frame();
    Object.assign(dialog, { stays, opener, done: false });
    show(dialog, answer.main, address);
  } catch {
    location.assign(address);
  }
}

async function ask(address, options = {}) {
  const answer = await fetch(address, { ...options, headers: { Accept: "text/html", "X-Dialog": "yes" } });
  const told = answer.headers.get("X-Location");
  if (told !== null) return { elsewhere: new URL(told, location) };
  const main = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#main");
  if (!main || !main.querySelector("h1")) throw new Error("the page has nothing to show in a dialog");
  return { main, done: answer.ok && options.method === "POST" };
}

function frame() {
  const dialog = document.importNode(document.querySelector("template[data-dialog-frame]").content, true).firstElementChild;
  document.body.append(dialog);
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close], [data-leave]")) return;
    event.preventDefault();
    if (!holds(dialog)) dialog.close();
  });
  // Of Esc the key itself: browsers let "cancel" be refused only now and then, which is for the way back on telephones.
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && holds(dialog) && event.preventDefault());
  dialog.addEventListener("cancel", (event) => holds(dialog) && event.preventDefault());
  for (const name of ["copy", "copied"]) {
    dialog.addEventListener(name, (event) => {
      const once = dialog.querySelector("[data-once]");
      if (name === "copy" || event.target.dataset.copy === once?.dataset.once) once?.remove();
    });
  }
  dialog.addEventListener("close", () => {
    dialog.querySelector("[data-content]").replaceChildren();
    if (dialog.done) location.reload(); // what the page below says may be true no more
    else dialog.opener?.focus();
  });
  dialog.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    send(dialog, event.target, event.submitter);
  });
  return dialog;
}

/** Whether a dialog stays open because it shows what is shown once and was not copied. That is said; the next time it goes. */
function holds(dialog) {
  const warning = dialog.querySelector("[data-once][hidden]");
  if (!warning) return false;
  warning.hidden = false;
  warning.closest("[role=status]")?.querySelector("[data-copy]")?.focus();
  return true;
}

function show(dialog, main, address) {
  const content = dialog.querySelector("[data-content]");
  content.replaceChildren(...main.childNodes);
  content.querySelector("h1").replaceWith(headingOf(content));
  for (const form of content.querySelectorAll("form:not([action])")) form.action = address;
  htmx.process(content);
  enliven(content);
  if (!dialog.open) dialog.showModal();
  (content.querySelector(FIRST) ?? content.querySelector(".form-control"))?.focus();
}

/** The heading of the page as that of the dialog: the page below keeps the only one of the first level. */
function headingOf(content) {
  const heading = document.createElement("h2");
  heading.id = "dialog-heading";
  heading.append(...content.querySelector("h1").childNodes);
  return heading;
}

async function send(dialog, form, submitter) {
  const reads = form.method === "get";
  const address = reads ? addressOf(form, submitter) : new URL(form.action);
  const body = new URLSearchParams(new FormData(form, submitter));
  try {
    const answer = await ask(address, reads ? {} : { method: "POST", body });
    if (answer.main) {
      dialog.done ||= answer.done;
      show(dialog, answer.main, address);
    } else if (dialog.stays) location.reload();
    else location.assign(answer.elsewhere);
  } catch {
    location.assign(address); // as a page, which says what is the matter
  }
}

function addressOf(form, submitter) {
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form, submitter)) address.searchParams.append(name, value);
  return address;
}
