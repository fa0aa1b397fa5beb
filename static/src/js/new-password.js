// [data-new-password="/where/to/ask"] holds a field for a new password. A button shows what was typed; bars and a
// sentence say how good it is, in the server's words and before it is sent. Without an address there is only the button.
import { found } from "./enliven.js";

const PAUSE = 350; // milliseconds without a key before it asks

export function newPasswords(root) {
  for (const group of found(root, "[data-new-password]")) {
    const input = group.querySelector("input");
    reveal(group.querySelector("[data-reveal]"), input);
    if (group.dataset.newPassword) judge(group, input);
  }
}

function reveal(button, input) {
  button.hidden = false;
  button.parentElement.className = button.parentElement.dataset.class;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    input.focus();
  });
  input.form.addEventListener("submit", () => (input.type = "password"));
}

function judge(group, input) {
  const bars = group.querySelector("[data-bars]");
  const words = group.querySelector("[data-words]");
  const help = words.textContent;
  let timer;
  let asked = 0;

  input.addEventListener("input", () => {
    clearTimeout(timer);
    asked += 1;
    if (input.value === "") show(null);
    else timer = setTimeout(ask, PAUSE, asked);
  });

  async function ask(number) {
    const body = new URLSearchParams({ csrf_token: input.form.elements.csrf_token.value, password: input.value });
    const response = await fetch(group.dataset.newPassword, { method: "POST", body }).catch(() => null);
    const answer = response?.ok ? await response.json() : null;
    if (number === asked) show(answer);
  }

  function show(answer) {
    bars.hidden = !answer;
    bars.dataset.score = answer ? Math.max(1, answer.score) : "";
    words.textContent = answer ? answer.sentence : help;
    const wrong = Boolean(answer) && !answer.enough;
    words.className = wrong ? "invalid-feedback" : "form-text";
    input.classList.toggle("is-invalid", wrong);
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}
