// [data-hand-over]: the window in which somebody signed in for a player. It gives the player that opened it a code, or
// says that there is no access, and closes. Opened by nobody, it asks for no code and shows what it says.
import { found } from "./enliven.js";

export function handOver(root) {
  for (const element of found(root, "[data-hand-over]")) give(element);
}

async function give(element) {
  const { handOver: embed, flow, csrf, state } = element.dataset;
  const tell = (what) => opener.postMessage({ v: 1, embed, flow, ...what }, location.origin);
  if (!opener) return;
  if (state === "denied") {
    tell({ type: "privmedia.embed.denied" });
    return;
  }
  const headers = { "X-CSRF-Token": csrf };
  const answer = await fetch(location.pathname, { method: "POST", body: new URLSearchParams({ flow }), headers }).catch(
    () => null,
  );
  if (!answer?.ok || answer.redirected) return;
  tell({ type: "privmedia.embed.code", code: (await answer.json()).code });
  close();
}
