// All uploads of this tab: a few are sent at a time, the others wait. It outlives the page they were chosen on.
import { forget, remembered } from "./remembered.js";
import { renewed } from "./site.js";
import { State, Upload } from "./upload.js";

const AT_ONCE = 2;
const LOOKED_AT_AGAIN = 3000; // milliseconds

export class Queue extends EventTarget {
  constructor(site) {
    super();
    this.site = site;
    this.uploads = [];
    this.asked = Promise.resolve();
    this.recalled = Promise.resolve();
    addEventListener("offline", () => this.#each(({ isRunning }) => isRunning, (upload) => upload.pause(State.offline)));
    addEventListener("online", () => this.#each(({ state }) => state === State.offline, (upload) => this.resume(upload)));
  }

  /** What was not whole when this browser was closed. */
  recall() {
    this.recalled = this.#recall();
    return this.recalled;
  }

  async #recall() {
    for (const memory of await remembered()) {
      if (memory.person !== this.site.person || this.uploads.some(({ key }) => key === memory.key)) continue;
      const offset = await this.site.offset(memory.url);
      if (offset === null) forget(memory.key);
      else if (offset !== undefined) this.#put(new Upload(this.site, { ...memory, file: null, sent: offset }, this.#changed, this.#inTurn));
    }
  }

  /** `files`: [{file, where}]. One that is here already goes on where it was. */
  async add(files) {
    await this.recalled; // what is chosen at once may be one of those
    for (const { file, where } of files) {
      const upload = new Upload(this.site, { file, where }, this.#changed, this.#inTurn);
      const before = this.uploads.find(({ key }) => key === upload.key);
      if (before?.state === State.again) {
        before.file = file;
        before.look();
      } else if (!before || before.isDone) {
        this.#put(upload);
        upload.look();
      }
    }
  }

  get isBusy() {
    return this.uploads.some(({ isUnderWay }) => isUnderWay);
  }

  pauseAll() {
    this.#each(({ isUnderWay }) => isUnderWay, (upload) => upload.pause(State.paused));
  }

  resumeAll() {
    this.#each(({ state }) => state === State.paused, (upload) => this.resume(upload));
  }

  /** Go on with one that stands still. What stopped may have been signed out, and in again in another tab. */
  async resume(upload) {
    if (upload.state === State.stopped) Object.assign(this.site, await renewed(this.site));
    if (upload.state === State.stopped && !upload.kind) upload.look();
    else upload.become(State.waiting);
  }

  async remove(upload) {
    this.uploads = this.uploads.filter((other) => other !== upload);
    this.#tell(null);
    await upload.remove();
  }

  clear() {
    this.uploads = this.uploads.filter(({ isDone, state }) => !isDone || state === State.preparing);
    this.#tell(null);
  }

  #put(upload) {
    this.uploads.push(upload);
    this.#tell(upload);
  }

  #each(which, what) {
    this.uploads.filter(which).forEach(what);
  }

  /** Ask about a file, with the bytes that come before it; where there is a quota one after the other, in their order. */
  #inTurn = (upload, ask) => {
    if (!this.site.limited) return ask(0);
    this.asked = this.asked.catch(() => {}).then(() => ask(this.#before(upload)));
    return this.asked;
  };

  #before(upload) {
    const ahead = this.uploads.slice(0, Math.max(0, this.uploads.indexOf(upload)));
    return ahead.filter(({ willBeSent }) => willBeSent).reduce((sum, { size }) => sum + size, 0);
  }

  #changed = (upload) => {
    this.#tell(upload);
    this.#next();
    if (upload.state === State.preparing) this.#follow();
  };

  #next() {
    const free = AT_ONCE - this.uploads.filter(({ state }) => state === State.sending).length;
    for (const upload of this.uploads.filter(({ state }) => state === State.waiting).slice(0, Math.max(0, free))) {
      if (upload.state === State.waiting) upload.send(); // the one before may have begun it
    }
  }

  /** Ask how far what is being prepared is, until all of it is. */
  async #follow() {
    if (this.following) return;
    this.following = true;
    try {
      for (;;) {
        const open = this.uploads.filter(({ state }) => state === State.preparing);
        if (!open.length) return;
        const states = await this.site.states(open.map(({ item }) => item.split("/").at(-1)), open);
        for (const upload of open) this.#heard(upload, states[upload.item.split("/").at(-1)]);
        await new Promise((resolve) => setTimeout(resolve, LOOKED_AT_AGAIN));
      }
    } finally {
      this.following = false;
    }
  }

  #heard(upload, said) {
    if (!said) return;
    upload.poster = said.poster;
    upload.twin = said.twin;
    if (said.final) upload.become(said.state === "ready" ? State.ready : State.failed, said.text);
    else if (upload.why !== said.text) {
      upload.why = said.text;
      this.#tell(upload);
    }
  }

  #tell(upload) {
    this.dispatchEvent(new CustomEvent("change", { detail: upload }));
  }
}
