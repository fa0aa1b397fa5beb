// [data-theme-switch] holds one button per theme. The choice lives in a cookie, so that the server writes it into the
// next page and nothing flashes. Without script the switch stays hidden; the account page has a form for the same.
// input[data-theme-choice], there, shows a theme before it is saved.
import { found } from "./enliven.js";

const YEAR = 365 * 24 * 60 * 60;

export function themeSwitch(root) {
  for (const group of found(root, "[data-theme-switch]")) {
    group.hidden = false;
    for (const button of buttonsOf(group)) button.addEventListener("click", () => choose(button.dataset.theme));
  }
}

export function themeChoices(root) {
  for (const input of found(root, "input[data-theme-choice]")) {
    input.addEventListener("change", () => (document.documentElement.dataset.bsTheme = input.value));
  }
}

function choose(theme) {
  document.documentElement.dataset.bsTheme = theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  for (const group of document.querySelectorAll("[data-theme-switch]")) {
    for (const button of buttonsOf(group)) button.setAttribute("aria-pressed", String(button.dataset.theme === theme));
  }
}

function buttonsOf(group) {
  return group.querySelectorAll("button[data-theme]");
}
