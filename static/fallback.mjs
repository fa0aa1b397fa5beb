// Browsers without light-dark() (Chrome before 123, Firefox before 120, Safari before 17.5) get the same tokens,
// written out once for each theme. Nobody writes that block by hand, so the two can never differ.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

const CALL = "light-dark(";

/** The style sheet that repeats, for each theme, every token of `tokens` that is written with light-dark(). */
export function fallbackFor(tokens) {
  const css = withoutComments(tokens);
  const declarations = [...css.matchAll(/(--[\w-]+)\s*:\s*([^;{}]+)[;}]/g)].filter(([, , value]) => value.includes(CALL));
  const write = (theme) => declarations.map(([, name, value]) => `${name}:${chosen(value, theme)};`).join("");
  const [light, dark] = [write(0), write(1)];
  return (
    `@supports not (color: light-dark(#000, #fff)) {` +
    `:root,[data-bs-theme]{${light}}` +
    `[data-bs-theme=dark]{${dark}}` +
    `@media (prefers-color-scheme: dark){[data-bs-theme=auto]{${dark}}}}`
  );
}

/** Outside the tokens, light-dark() would have no fallback: such a style sheet does not get built. */
export async function refuseLightDarkOutsideTokens(folder) {
  for (const name of await readdir(folder)) {
    if (name === "tokens.css") continue;
    const lines = withoutComments(await readFile(join(folder, name), "utf8")).split("\n");
    const line = lines.findIndex((text) => text.includes(CALL));
    if (line >= 0) throw new Error(`css/${name}:${line + 1}: light-dark() belongs in css/tokens.css alone; make it a token`);
  }
}

/** `value` with each light-dark(a, b) replaced by its first (theme 0) or second (theme 1) argument. */
function chosen(value, theme) {
  let text = value.trim();
  for (let start = text.indexOf(CALL); start >= 0; start = text.indexOf(CALL)) {
    const [end, parts] = argumentsFrom(text, start + CALL.length);
    if (parts.length !== 2) throw new Error(`css/tokens.css: light-dark() takes two values: ${value.trim()}`);
    text = text.slice(0, start) + parts[theme].trim() + text.slice(end);
  }
  return text;
}

/** The arguments of the call whose text begins at `start`, and the place behind its closing bracket. */
function argumentsFrom(text, start) {
  const parts = [""];
  for (let depth = 0, at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === ")" && depth === 0) return [at + 1, parts];
    if (character === "," && depth === 0) {
      parts.push("");
      continue;
    }
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    parts[parts.length - 1] += character;
  }
  throw new Error(`css/tokens.css: a light-dark() is not closed: ${text}`);
}

// Line breaks stay, so that a line number still points at the right line.
function withoutComments(css) {
  return css.replace(/\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ""));
}
