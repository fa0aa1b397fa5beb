// The elements of media-chrome bring their styles inside their shadow trees, which our content security policy allows
// by hash alone. Here the hashes of exactly those that are bundled are worked out, from the templates they are made of.
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const ELEMENT = /node_modules\/media-chrome\/dist\/(?:menu\/)?media-[\w-]+\.js$/;

/** The sources of style-src for the bundled modules, sorted: `'sha256-…'`. */
export async function hashesOfStyles(inputs) {
  const modules = await Promise.all(
    inputs.filter((path) => ELEMENT.test(path)).map((path) => import(pathToFileURL(resolve(path)).href)),
  );
  const elements = new Set(modules.flatMap((module) => Object.values(module)).filter((value) => value?.getTemplateHTML));
  const styles = new Set([...elements].flatMap((element) => stylesIn(element.getTemplateHTML({}, {}))));
  return [...styles].map((style) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`).sort();
}

function stylesIn(html) {
  return [...html.matchAll(/<style[^>]*>([^]*?)<\/style>/g)].map(([, style]) => style);
}
