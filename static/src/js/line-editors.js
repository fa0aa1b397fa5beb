// form[data-lines] holds captions or chapters as one text: with script they are edited line by line. The editor is a
// script of its own, which only pages with something to edit load.
import { found } from "./enliven.js";

export function lineEditors(root) {
  for (const form of found(root, "form[data-lines=captions], form[data-lines=chapters]")) {
    import("./lines/editor.js").then(({ start }) => start(form));
  }
}
