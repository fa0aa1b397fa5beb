// The upload page's list, and the line on all other pages, of what a queue does.
import { fill, size } from "../words.js";
import { State } from "./upload.js";

const ANNOUNCED_EVERY = 25;
const TAGS = {
  [State.offline]: "warn",
  [State.paused]: "",
  [State.stopped]: "bad",
  [State.refused]: "bad",
  [State.again]: "warn",
  [State.twin]: "warn",
  [State.preparing]: "acc",
  [State.ready]: "ok",
  [State.failed]: "bad",
};
const STANDS = [State.paused, State.again, State.stopped, State.offline, State.elsewhere];

export class View {
  constructor(queue) {
    this.queue = queue;
    this.rows = new Map();
    this.announced = 0;
    queue.addEventListener("change", ({ detail }) => this.#later(detail));
  }

  /** Show the list on the upload page. */
  showOn(panel) {
    this.panel = panel;
    this.rows.clear();
    panel.querySelector("[data-rows]").replaceChildren();
    const on = (name, verb) => panel.querySelector(name).addEventListener("click", verb);
    on("[data-pause-all]", () => this.queue.pauseAll());
    on("[data-resume-all]", () => this.queue.resumeAll());
    on("[data-clear]", () => this.queue.clear());
    this.#draw(this.queue.uploads);
  }

  /** Show the line on another page. */
  showElsewhere() {
    this.panel = null;
    this.#draw([]);
  }

  /** Progress comes many times a second: what changed is drawn once for each picture. */
  #later(upload) {
    this.changed ??= new Set();
    if (upload) this.changed.add(upload);
    this.drawing ??= requestAnimationFrame(() => {
      const changed = this.changed;
      this.drawing = this.changed = null;
      this.#draw(changed);
    });
  }

  #draw(changed) {
    const { uploads } = this.queue;
    if (this.panel?.isConnected) {
      for (const [upload, row] of this.rows) {
        if (uploads.includes(upload)) continue;
        row.remove();
        this.rows.delete(upload);
      }
      for (const upload of changed) if (uploads.includes(upload)) this.#drawRow(upload);
      this.#drawHead();
    } else this.#drawDock();
  }

  #drawHead() {
    const { uploads } = this.queue;
    this.panel.querySelector("[data-list]").hidden = !uploads.length;
    this.#sumUp(this.panel.querySelector("[data-list]"));
    const isAny = (test) => uploads.some(test);
    this.panel.querySelector("[data-pause-all]").hidden = !isAny(({ isUnderWay }) => isUnderWay);
    this.panel.querySelector("[data-resume-all]").hidden = !isAny(({ state }) => state === State.paused);
    this.panel.querySelector("[data-clear]").hidden = !isAny(({ isDone, state }) => isDone && state !== State.preparing);
    const step = ANNOUNCED_EVERY * Math.floor(this.percent / ANNOUNCED_EVERY);
    if (step > this.announced || step === 0) {
      this.announced = step;
      if (step) this.panel.querySelector("[data-announce]").textContent = this.#say("announced", { percent: step });
    }
  }

  #drawDock() {
    let dock = document.querySelector(".updock");
    if (!this.queue.uploads.length) return dock?.remove();
    if (!dock) {
      dock = this.queue.site.dock.cloneNode(true);
      document.body.append(dock);
    }
    this.#sumUp(dock);
  }

  #sumUp(place) {
    const { uploads } = this.queue;
    const counted = uploads.filter(({ state }) => state !== State.refused);
    const all = counted.reduce((sum, upload) => sum + upload.size, 0);
    const sent = counted.reduce((sum, upload) => sum + upload.sent, 0);
    const speed = counted.reduce((sum, upload) => sum + upload.speed, 0);
    const done = uploads.filter(({ isDone }) => isDone).length;
    this.percent = all ? Math.floor((100 * sent) / all) : 0;
    place.querySelector("[data-heading]").textContent = this.#say("done", { done, all: counted.length });
    const facts = all ? [this.#say("total", { sent: size(sent), size: size(all) })] : [];
    if (speed) facts.push(...this.#pace(speed, all - sent));
    place.querySelector("[data-sums]").textContent = facts.join(" · ");
    place.querySelector("[data-all]").value = this.percent;
  }

  #drawRow(upload) {
    const row = this.rows.get(upload) ?? this.#newRow(upload);
    const part = (name) => row.querySelector(`[data-${name}]`);
    const percent = upload.state === State.summing ? upload.summed : upload.size ? upload.sent / upload.size : 0;
    const isMoving = ![State.refused, State.twin, State.ready, State.failed, State.preparing].includes(upload.state);
    row.dataset.state = upload.state;
    part("bar").hidden = !isMoving;
    part("bar").value = Math.floor(100 * percent);
    part("percent").textContent = isMoving ? this.#say("percent", { percent: Math.floor(100 * percent) }) : "";
    const word = this.queue.site.words[`tag_${upload.state}`];
    part("tag").hidden = !word;
    part("tag").textContent = word ?? "";
    part("tag").className = `tag ${TAGS[upload.state] ?? ""}`;
    part("status").replaceChildren(...this.#status(upload));
    part("pause").hidden = ![State.sending, State.waiting, State.looking, State.summing].includes(upload.state);
    part("resume").hidden = !upload.file || ![State.paused, State.elsewhere].includes(upload.state);
    part("retry").hidden = upload.state !== State.stopped;
    part("anyway").hidden = upload.state !== State.twin;
    part("edit").hidden = !upload.isDone || !this.#opens;
    part("remove").hidden = upload.isDone && upload.state === State.preparing;
    if (upload.item) part("edit").href = `${upload.item}/edit`;
    if (upload.poster && part("picture").tagName !== "IMG") part("picture").replaceWith(picture(upload.poster));
  }

  #newRow(upload) {
    const row = this.queue.site.row.cloneNode(true);
    const { name } = upload;
    row.setAttribute("aria-label", name);
    row.querySelector("[data-name]").textContent = name;
    row.querySelector("[data-bar]").setAttribute("aria-label", name);
    for (const part of row.querySelectorAll("[aria-label*='{name}']")) part.setAttribute("aria-label", fill(part.getAttribute("aria-label"), { name }));
    const on = (part, verb) => row.querySelector(`[data-${part}]`).addEventListener("click", verb);
    on("pause", () => upload.pause(State.paused));
    on("resume", () => this.queue.resume(upload));
    on("retry", () => this.queue.resume(upload));
    on("anyway", () => this.queue.resume(upload));
    on("remove", () => this.#remove(upload, row));
    this.rows.set(upload, row);
    this.panel.querySelector("[data-rows]").append(row);
    return row;
  }

  /** The focus goes on to the next row, or back to choosing files. */
  #remove(upload, row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    this.queue.remove(upload);
    (next?.querySelector("button:not([hidden]), a:not([hidden])") ?? this.panel.querySelector("[data-choose]")).focus();
  }

  #status(upload) {
    const { state, why, twin } = upload;
    const facts = { sent: size(upload.sent), size: size(upload.size) };
    if (state === State.twin) return [span(this.#say("twin")), link(twin)];
    if (state === State.summing) return [span(this.#say("summing", { percent: Math.floor(100 * upload.summed) }))];
    if (state === State.stopped) return [span(upload.sent ? this.#say("stopped", { why }) : why, "why")];
    if (state === State.refused) return [span(why, "why")];
    if (upload.isDone) {
      const page = { title: this.#say("open"), url: upload.item };
      const found = [why && span(why, state === State.failed ? "why" : ""), this.#opens && link(page)];
      if (twin) found.push(span(this.#say("twin_after")), link(twin));
      return found.filter(Boolean);
    }
    if (STANDS.includes(state)) return [span(this.#say(state, facts))];
    if (state !== State.sending) return [span(this.#say(state))];
    if (upload.sent === upload.size) return [span(this.#say("storing"))];
    return [this.#say("total", facts), ...(upload.speed ? this.#pace(upload.speed, upload.size - upload.sent) : [])].map((text) => span(text));
  }

  #pace(speed, left) {
    return [this.#say("speed", { speed: size(speed) }), this.#say("left", { time: time(left / speed) })];
  }

  /** Whether who sends may open what they sent. */
  get #opens() {
    return Boolean(this.queue.site.words.open);
  }

  #say(name, values = {}) {
    return fill(this.queue.site.words[name], values);
  }
}

function span(text, className = "") {
  const element = document.createElement("span");
  element.textContent = text;
  element.className = className;
  return element;
}

function link({ title, url }) {
  const element = document.createElement("a");
  element.textContent = title;
  element.href = url;
  return element;
}

function picture(address) {
  const image = document.createElement("img");
  Object.assign(image, { src: address, alt: "", className: "pp" });
  image.dataset.picture = "";
  return image;
}

/** "2 min 20 s" in the language of the page, to the precision that matters. */
function time(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const parts = hours ? [[hours, "hour"], [minutes, "minute"]] : minutes ? [[minutes, "minute"], minutes < 5 && [rest, "second"]] : [[rest, "second"]];
  const say = ([number, unit]) => new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "short" }).format(number);
  return parts.filter(Boolean).map(say).join(" ");
}
