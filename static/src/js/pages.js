// Pages shown in place of this one without leaving it: so that what runs here goes on.
import htmx from "htmx.org";
import { enliven } from "./enliven.js";

let goesOn = () => false;
let wouldLose = () => false;
let shown = null; // the address of the page that stands here in place of another

/** As long as `test()` holds, links and forms show their page in place of this one; leaving is asked about if `loses()`. */
export function stayWhile(test, loses) {
  goesOn = test;
  wouldLose = loses;
}

/** Shows a page that was read, as if the browser had loaded it. One with an address of its own is a step of the history. */
export function showPage(page, address) {
  document.title = page.title;
  for (const { name } of [...document.body.attributes]) document.body.removeAttribute(name);
  for (const { name, value } of page.body.attributes) document.body.setAttribute(name, value);
  document.body.replaceChildren(...document.importNode(page.body, true).childNodes);
  if (address !== location.href) history.pushState(null, "", address);
  shown = withoutHash(location);
  htmx.process(document.body);
  enliven(document.body);
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) target.scrollIntoView();
  else scrollTo(0, 0);
  document.querySelector("main")?.focus({ preventScroll: true });
}

/** Fetches a page and shows it. What is no page is saved as a file; without an answer the browser goes there itself. */
export async function visit(address, options = {}) {
  document.documentElement.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" }, ...options });
    if (!response.headers.get("Content-Type")?.startsWith("text/html")) return save(response);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    showPage(page, response.url + (response.redirected ? "" : new URL(address, location).hash));
  } catch {
    location.assign(address);
  } finally {
    document.documentElement.removeAttribute("aria-busy");
  }
}

async function save(response) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = /filename="?([^";]*)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function withoutHash({ pathname, search }) {
  return pathname + search;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const { defaultPrevented, button, metaKey, ctrlKey, shiftKey, altKey } = event;
  if (!link || defaultPrevented || button || metaKey || ctrlKey || shiftKey || altKey || !goesOn()) return;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.hash && withoutHash(link) === withoutHash(location)) return;
  event.preventDefault();
  visit(link.href);
});

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const action = new URL(submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href, location);
  if (event.defaultPrevented || form.target || action.origin !== location.origin || !goesOn()) return;
  event.preventDefault();
  const fields = new FormData(form, submitter);
  if (form.method === "post") {
    visit(action, { method: "POST", body: form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields) });
  } else {
    action.search = new URLSearchParams(fields);
    visit(action);
  }
});

addEventListener("popstate", (event) => {
  if (!shown || event.state?.htmx || withoutHash(location) === shown) return;
  if (goesOn()) visit(location.href);
  else location.reload();
});

addEventListener("beforeunload", (event) => {
  if (wouldLose()) event.preventDefault();
});
