// form[data-lines="captions"|"chapters"]: the text of the form as a list of lines, beside what plays. What is saved is
// the text, written from the lines when the form is sent.
import { fill, List } from "./list.js";
import { followPlayer } from "./player.js";
import { captions, chapters } from "./texts.js";

const LASTS = 3000; // ms of a new line

export function start(form) {
  const editor = new Editor(form, { captions, chapters }[form.dataset.lines]);
  // Where nothing plays yet and nothing is written, there is no line to show and none could be added.
  const isBare = !editor.media && !editor.text.value.trim();
  if (!isBare && !form.querySelector("[aria-invalid]")) editor.asLines();
  editor.label();
}

class Editor {
  constructor(form, format) {
    this.form = form;
    this.format = format;
    this.page = form.parentElement;
    this.text = form.querySelector("[data-lines-text]");
    this.said = form.querySelector("[data-lines-said]");
    this.back = form.querySelector("[data-lines-back]");
    this.toggle = form.querySelector("[data-lines-toggle]");
    this.media = this.page.querySelector("[data-lines-player]");
    this.list = null;
    this.shown = false;
    this.saved = this.text.value;
    this.toggle.hidden = false;
    this.toggle.addEventListener("click", () => (this.shown ? this.asText() : this.asLines()));
    this.back.addEventListener("click", () => this.bringBack());
    form.querySelector("[data-lines-add]").addEventListener("click", () => this.add());
    // Before others see it: what cannot be saved is not sent.
    form.addEventListener("submit", (event) => this.send(event), { capture: true });
    this.page.addEventListener("keydown", (event) => this.pressed(event));
    addEventListener("beforeunload", (event) => {
      if (!form.dataset.sent && form.isConnected && this.written() !== this.saved) event.preventDefault();
    });
  }

  written() {
    return this.shown ? this.format.write(this.list.lines) : this.text.value;
  }

  asLines() {
    const lines = this.format.read(this.text.value);
    const words = this.form.querySelector("[data-words]");
    if (!lines) {
      this.said.textContent = JSON.parse(words.dataset.words).mistakes;
      return;
    }
    const untouched = this.text.value === this.saved;
    this.player ??= this.media && followPlayer(this.media, this, this.text.lang);
    if (this.list) this.list.replace(lines);
    else {
      this.list = new List(this.form, lines, this.format.hasEnd, {
        changed: (line) => this.changed(line),
        drawn: (some) => this.player?.preview(some),
        play: (line) => this.play(line),
        remove: (line) => this.remove(line),
      });
    }
    if (untouched) this.saved = this.format.write(lines);
    this.swap(true);
    this.look();
  }

  asText() {
    this.text.value = this.written();
    this.swap(false);
    this.said.textContent = "";
  }

  swap(toLines) {
    for (const element of this.page.querySelectorAll("[data-lines-only]")) {
      element.hidden = !toLines || (element.matches("[data-lines-add]") && !this.media);
    }
    this.form.querySelector("[data-lines-as-text]").hidden = toLines;
    this.shown = toLines;
    this.label();
  }

  label() {
    this.toggle.textContent = this.shown ? this.toggle.dataset.asText : this.toggle.dataset.asLines;
  }

  changed(line) {
    this.player?.renew(line);
    this.look();
  }

  look() {
    const { count } = this.list.problems();
    this.said.textContent = count ? fill(this.list.words.look, { count }) : "";
    this.said.classList.toggle("bad", count > 0);
  }

  add() {
    if (!this.media || !this.shown) return;
    const start = Math.round(this.media.currentTime * 1000);
    const next = this.list.lines.find((line) => line.start > start);
    const line = { start, settings: "", text: "" };
    if (this.format.hasEnd) line.end = Math.max(start + 500, Math.min(start + LASTS, next?.start ?? Infinity));
    this.list.lines.push(line);
    this.list.sort();
    this.list.show(line, "text");
    this.changed(line);
  }

  remove(line) {
    const index = this.list.lines.indexOf(line);
    this.list.lines.splice(index, 1);
    this.removed = line;
    this.list.draw();
    this.look();
    this.said.textContent = fill(this.list.words.removed, { n: index + 1 });
    this.back.hidden = false;
    this.back.focus();
  }

  bringBack() {
    this.list.lines.push(this.removed);
    this.list.sort();
    this.list.show(this.removed, "text");
    this.back.hidden = true;
    this.changed(this.removed);
  }

  play(line) {
    if (!this.media) return;
    this.media.currentTime = line.start / 1000;
    this.media.play().catch(() => {});
  }

  pressed(event) {
    if (!event.altKey || event.ctrlKey || event.metaKey || !this.media || !this.shown) return;
    const act = {
      Enter: () => this.add(),
      KeyP: () => (this.media.paused ? this.media.play().catch(() => {}) : this.media.pause()),
      ArrowUp: () => (this.media.currentTime = Math.max(0, this.media.currentTime - 1)),
      ArrowDown: () => (this.media.currentTime += 1),
    }[event.code];
    if (!act) return;
    event.preventDefault();
    act();
  }

  send(event) {
    if (!this.shown) return;
    const { first } = this.list.problems();
    if (first) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.list.show(first, "start");
      return;
    }
    this.text.value = this.written();
  }
}
