// button[data-suggest="#id"] puts another made-up password into that field: three groups of letters and digits, as the
// server suggests them. Without script the page suggests one, and another each time it is loaded.
import { found } from "./enliven.js";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const GROUPS = 3;
const LETTERS = 4;

export function passwordSuggestions(root) {
  for (const button of found(root, "button[data-suggest]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      document.querySelector(button.dataset.suggest).value = suggested();
    });
  }
}

function suggested() {
  const random = crypto.getRandomValues(new Uint8Array(GROUPS * LETTERS));
  // 32 letters: each is as likely as the others.
  const letters = Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return letters.match(new RegExp(`.{${LETTERS}}`, "g")).join("-");
}
