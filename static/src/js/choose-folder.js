// form[data-choose]: the part of the page that the attribute names follows the folder that is chosen, and the tree follows
// what is typed to find one. Both are parts of the same page, asked for again.
import { enliven, found } from "./enliven.js";

const PAUSE = 250; // milliseconds after the last letter

async function page(form) {
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form)) address.searchParams.append(name, value);
  const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
  return { address, html: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

export function chooseFolders(root) {
  for (const form of found(root, "form[data-choose]")) {
    let [timer, turn] = [0, 0];
    form.querySelector("[data-look]").hidden = true;

    async function follow(selectors) {
      const mine = (turn += 1);
      const { address, html } = await page(form);
      if (mine !== turn) return; // something newer was asked
      for (const selector of selectors) {
        const [old, fresh] = [document.querySelector(selector), html.querySelector(selector)];
        if (!old || !fresh) continue;
        old.replaceWith(fresh);
        enliven(fresh);
      }
      if (!form.closest("dialog")) history.replaceState(history.state, "", address);
    }
    form.addEventListener("change", ({ target }) => target.name === "to" && follow([form.dataset.choose]));
    form.addEventListener("input", ({ target }) => {
      if (!target.matches("[data-find]")) return;
      clearTimeout(timer);
      timer = setTimeout(() => follow(["#folders"]), PAUSE);
    });
  }
}
