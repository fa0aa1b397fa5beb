// [data-poll="5"] with an id is looked at again every 5 seconds while the tab is visible, and exchanged when the
// server has something else to show; [data-follows="<id>"] elements, with ids of their own, are exchanged with it.
// What comes back without data-poll is final. Folds that have an id stay as open as they are.
import { enliven, found } from "./enliven.js";

export function polling(root) {
  for (const element of found(root, "[data-poll]")) {
    const again = () => setTimeout(look, Number(element.dataset.poll) * 1000);
    const look = async () => {
      if (!element.isConnected) return;
      if (document.hidden) {
        document.addEventListener("visibilitychange", look, { once: true });
        return;
      }
      const page = await currentPage();
      const fresh = page?.getElementById(element.id);
      if (fresh) keepFolds(element, fresh);
      if (page && !fresh) location.reload();
      else if (!page || fresh.isEqualNode(element)) again();
      else exchangeAll(element, page);
    };
    again();
  }
}

/** This page as the server shows it now, or null when there was no answer. */
async function currentPage() {
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    return response.status < 500 ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  } catch {
    return null;
  }
}

function keepFolds(old, fresh) {
  for (const fold of old.querySelectorAll("details[id]")) {
    const same = fresh.querySelector(`#${fold.id}`);
    if (same) same.open = fold.open;
  }
}

function exchangeAll(element, page) {
  const followers = document.querySelectorAll(`[data-follows="${element.id}"]`);
  for (const old of [element, ...followers]) {
    const fresh = page.getElementById(old.id);
    if (fresh) exchange(old, document.importNode(fresh, true));
  }
}

function exchange(old, fresh) {
  const focused = old.contains(document.activeElement) && document.activeElement.id;
  old.replaceWith(fresh);
  if (focused) document.getElementById(focused)?.focus();
  enliven(fresh);
}
