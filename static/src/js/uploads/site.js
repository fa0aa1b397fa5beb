// What the upload page says of the server: addresses, limits, words; and the questions that are asked there.

/** The same as the server says it now: who signed in again has another token. Null for nobody, or for another person. */
export async function renewed(site) {
  const answer = await fetch(site.address).catch(() => null);
  const page = new DOMParser().parseFromString(answer?.ok ? await answer.text() : "", "text/html");
  const panel = page.querySelector(site.panel);
  return panel?.dataset.person === site.person ? site.read(panel) : null;
}

export function siteOf(panel) {
  const { endpoint, look, known, makeFolders, state, csrf, person } = panel.dataset;
  const headers = { "X-CSRF-Token": csrf, Accept: "application/json" };
  const words = JSON.parse(panel.dataset.words);
  return {
    panel: "[data-uploads]",
    read: siteOf,
    endpoint,
    csrf,
    address: location.href,
    person,
    part: Number(panel.dataset.part),
    words,
    row: panel.querySelector("[data-row]").content.firstElementChild,
    dock: panel.querySelector("[data-dock]").content.firstElementChild,

    /** Whether there is a quota, so that it counts what is sent before a file. */
    limited: panel.querySelector("[data-space]") !== null,

    look: (name, size, head, before) =>
      json(`${look}?${new URLSearchParams({ name, size, before })}`, {
        method: "POST",
        body: head,
        headers: { ...headers, "Content-Type": "application/octet-stream" },
      }),

    known: (size, sha256) => json(`${known}?${new URLSearchParams({ size, sha256 })}`, { headers }),

    /** The folders at the ends of these ways, in their order; `refused` says why there are none, `instead` that all goes to one. */
    folders: (folder, paths) =>
      json(makeFolders, {
        method: "POST",
        body: JSON.stringify({ folder, paths }),
        headers: { ...headers, "Content-Type": "application/json" },
      }).catch(({ status, detail }) => ({ refused: detail || words[status === 401 ? "signed_out" : "broken"], instead: status === 403 })),

    /** How far items are, by their public ids; nothing if the server does not answer. */
    states: (items) =>
      json(`${state}?${new URLSearchParams(items.map((item) => ["item", item]))}`, { headers }).then(
        (answer) => answer.items,
        () => ({}),
      ),

    /** How much of an upload has arrived, and the item it became; null where it is over, undefined where the server does not say. */
    progress: async (url) => {
      const answer = await fetch(url, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } }).catch(() => null);
      if (answer?.status === 404) return null;
      const offset = answer?.headers.get("Upload-Offset");
      return offset ? { sent: Number(offset), item: answer.headers.get("Location-Item") } : undefined;
    },

    drop: (url) =>
      fetch(url, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0", "X-CSRF-Token": csrf } }).catch(() => null),
  };
}

async function json(address, options) {
  const response = await fetch(address, options);
  const type = response.headers.get("Content-Type") ?? "";
  const answer = type.includes("json") ? await response.json() : {};
  if (response.ok && type.includes("json")) return answer;
  // Whoever is signed out is led to the page to sign in, which is no answer.
  throw Object.assign(new Error(), { status: response.ok ? 401 : response.status, detail: answer.detail ?? "" });
}
