// The lines as rows of fields. Only a part of them is on the page at a time, so that 20,000 are as quick as ten.
import { clock, milliseconds } from "./times.js";

const SHOWN = 50;

export class List {
  /**
   * `changed(line)` is told of each change, `drawn(lines)` of those that are on the page; `play(line)` and
   * `remove(line)` are the buttons of a row.
   */
  constructor(form, lines, hasEnd, { changed, drawn, play, remove }) {
    this.lines = lines;
    this.hasEnd = hasEnd;
    this.first = 0;
    this.current = null;
    this.tell = changed;
    this.drawn = drawn;
    const part = (name) => form.querySelector(`[data-lines-${name}]`);
    [this.rows, this.nav, this.shown, this.empty, this.template] =
      ["rows", "nav", "shown", "empty", "row"].map(part);
    this.words = JSON.parse(this.rows.parentElement.dataset.words);
    this.earlier = part("earlier");
    this.later = part("later");
    this.earlier.addEventListener("click", () => this.turn(-SHOWN));
    this.later.addEventListener("click", () => this.turn(SHOWN));
    this.rows.addEventListener("input", ({ target }) => this.typed(target));
    this.rows.addEventListener("change", ({ target }) => this.timed(target));
    this.rows.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-do]");
      const line = button && this.lineOf(button);
      if (line) ({ play, remove, mend: (one) => this.mend(one) })[button.dataset.do](line);
    });
    this.draw();
  }

  /** Other lines: the text was edited as such. */
  replace(lines) {
    this.lines = lines;
    this.first = 0;
    this.draw();
  }

  lineOf(element) {
    return this.lines[Number(element.closest("[data-row]").dataset.row)];
  }

  rowOf(line) {
    return this.rows.querySelector(`[data-row="${this.lines.indexOf(line)}"]`);
  }

  turn(by) {
    this.first = Math.max(0, Math.min(this.first + by, this.lines.length - 1));
    this.draw();
    this.rows.firstElementChild?.querySelector("[data-field=text]").focus();
  }

  /** Show the part in which a line is, and give one of its fields the focus. */
  show(line, field) {
    const index = this.lines.indexOf(line);
    if (index < this.first || index >= this.first + SHOWN) this.first = Math.max(0, index - Math.floor(SHOWN / 2));
    this.draw();
    if (field) this.rowOf(line).querySelector(`[data-field=${field}]`).focus();
  }

  draw() {
    const part = this.lines.slice(this.first, this.first + SHOWN);
    this.rows.replaceChildren(...part.map((line, offset) => this.row(line, this.first + offset)));
    this.nav.hidden = this.lines.length <= SHOWN;
    this.empty.hidden = this.lines.length > 0;
    this.earlier.disabled = this.first === 0;
    this.later.disabled = this.first + SHOWN >= this.lines.length;
    const names = { first: this.first + 1, last: this.first + part.length, count: this.lines.length };
    this.shown.textContent = fill(this.words.shown, names);
    for (const line of part) this.judge(line);
    this.mark(this.current);
    this.drawn(part);
  }

  row(line, index) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    row.dataset.row = index;
    const values = { start: line.wrong?.start ?? clock(line.start), end: line.wrong?.end ?? clock(line.end ?? 0), text: line.text };
    for (const field of row.querySelectorAll("[data-field]")) {
      field.value = values[field.dataset.field];
      field.setAttribute("aria-label", fill(this.words[field.dataset.field], { n: index + 1 }));
    }
    for (const what of ["play", "remove"]) {
      row.querySelector(`[data-do=${what}]`).setAttribute("aria-label", fill(this.words[what], { n: index + 1 }));
    }
    return row;
  }

  typed(field) {
    const line = this.lineOf(field);
    if (field.dataset.field === "text") line.text = field.value;
    this.tell(line);
  }

  /** A time counts when its field is left: it may put the line in another place. */
  timed(field) {
    const [line, which] = [this.lineOf(field), field.dataset.field];
    if (which === "text") return;
    const time = milliseconds(field.value);
    line.wrong = { ...line.wrong };
    if (time === null) line.wrong[which] = field.value;
    else {
      delete line.wrong[which];
      line[which] = time;
      field.value = clock(time);
    }
    if (!Object.keys(line.wrong).length) delete line.wrong;
    if (this.sort()) this.show(line, which);
    else this.lines.slice(this.first, this.first + SHOWN).forEach((one) => this.judge(one));
    this.tell(line);
  }

  /** Put the lines in the order of their times; whether any had to move. */
  sort() {
    const before = [...this.lines];
    this.lines.sort((one, other) => one.start - other.start || (one.end ?? 0) - (other.end ?? 0));
    return before.some((line, index) => line !== this.lines[index]);
  }

  mend(line) {
    line.start = this.above(line).end;
    this.sort();
    this.show(line, "start");
    this.tell(line);
  }

  above(line) {
    return this.lines[this.lines.indexOf(line) - 1];
  }

  /** What is wrong with a line: the word for it and what stands in its sentence; null if nothing is. */
  problem(line, above = this.above(line)) {
    if (line.wrong) return ["noTime"];
    if (!this.hasEnd) return above?.start === line.start ? ["twice"] : null;
    if (line.end <= line.start) return ["backwards"];
    if (!above || !(above.start < line.start && line.start < above.end)) return null;
    return ["overlap", { seconds: ((above.end - line.start) / 1000).toFixed(1), time: clock(above.end), mend: above.end < line.end }];
  }

  judge(line) {
    const row = this.rowOf(line);
    if (!row) return;
    const [word, names] = this.problem(line) ?? [];
    const note = row.querySelector("[data-wrong]");
    row.classList.toggle("bad", Boolean(word));
    note.hidden = !word;
    const start = row.querySelector("[data-field=start]");
    if (!word) {
      start.removeAttribute("aria-invalid");
      return;
    }
    note.id = `wrong-${row.dataset.row}`;
    note.querySelector("span").textContent = fill(this.words[word], names ?? {});
    start.setAttribute("aria-invalid", "true");
    start.setAttribute("aria-describedby", note.id);
    const mend = note.querySelector("[data-do=mend]");
    mend.hidden = !names?.mend;
    if (names) mend.textContent = fill(this.words.mend, names);
  }

  /** How many lines there are to look at, and the first that cannot be saved as it is. */
  problems() {
    let count = 0;
    let first = null;
    this.lines.forEach((line, index) => {
      const [word] = this.problem(line, this.lines[index - 1]) ?? [];
      if (word) count += 1;
      if (word && word !== "overlap") first ??= line;
    });
    return { count, first };
  }

  /** Mark the line that is heard. */
  mark(line) {
    this.current = line;
    for (const row of this.rows.children) row.classList.toggle("on", line !== null && this.lineOf(row) === line);
  }

  has(element) {
    return this.rows.contains(element);
  }
}

export function fill(sentence, names) {
  return sentence.replace(/\{(\w+)\}/g, (_whole, name) => names[name]);
}
