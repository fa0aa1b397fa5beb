// [data-poll="5"] with an id is looked at again every 5 seconds while the tab is visible, and exchanged when the
// server has something else to show. What comes back without data-poll is final.
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
      const answer = await lookUp(element.id);
      if (answer === "gone") location.reload();
      else if (answer === "silence" || answer.isEqualNode(element)) again();
      else exchange(element, answer);
    };
    again();
  }
}

/** The element as the server shows it now, "gone" when it shows it no longer, "silence" when there was no answer. */
async function lookUp(id) {
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.status >= 500) return "silence";
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.getElementById(id) ?? "gone";
  } catch {
    return "silence";
  }
}

function exchange(element, answer) {
  const focused = element.contains(document.activeElement) && document.activeElement.id;
  const fresh = document.importNode(answer, true);
  element.replaceWith(fresh);
  if (focused) document.getElementById(focused)?.focus();
  enliven(fresh);
}
