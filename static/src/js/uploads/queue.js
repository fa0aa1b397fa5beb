// All uploads of this tab: a few are sent at a time, the others wait. It outlives the page they were chosen on.
import { forget, lockOf, remembered } from "./remembered.js";
import { renewed } from "./site.js";
import { State, Upload } from "./upload.js";

const AT_ONCE = 2;
const LOOKED_AT_ONCE = 4;
const FOLLOWED_AT_ONCE = 100;
const LOOKED_AT_AGAIN = 3000; // milliseconds

const LOOKS = [State.again, State.refused, State.elsewhere];
const GOES_ON = [...LOOKS, State.paused, State.stopped]; // by choosing the file again

export class Queue extends EventTarget {
  constructor(site) {
    super();
    this.site = site;
    this.uploads = [];
    this.lanes = Array(LOOKED_AT_ONCE).fill(Promise.resolve());
    this.asked = 0;
    this.summed = Promise.resolve();
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
    const held = await locksHeld();
    for (const memory of await remembered()) {
      if (memory.person !== this.site.person || this.uploads.some(({ key }) => key === memory.key)) continue;
      const isElsewhere = held.has(lockOf(memory.key));
      const there = isElsewhere ? memory : await this.site.progress(memory.url); // which would stop who sends it
      if (there === null) forget(memory.key);
      if (!there) continue;
      const upload = new Upload(this.site, { ...memory, file: null, sent: there.sent }, this.#changed, this.#turns);
      this.#put(upload);
      if (isElsewhere) this.#leaveTo(upload);
      else if (there.item) upload.arrived(there.item);
    }
  }

  /** Another tab sends it: when that lets go, see what there is to go on with. */
  async #leaveTo(upload) {
    upload.become(State.elsewhere);
    await navigator.locks.request(lockOf(upload.key), () => {});
    if (upload.state !== State.elsewhere || upload.file) return;
    this.uploads = this.uploads.filter((other) => other !== upload);
    this.#tell(null);
    await this.recall();
  }

  /** `files`: [{file, where}]. One that is here already goes on where it was. */
  async add(files) {
    await this.recalled; // what is chosen at once may be one of those
    for (const { file, where } of files) {
      const upload = new Upload(this.site, { file, where }, this.#changed, this.#turns);
      const before = this.uploads.find(({ key }) => key === upload.key);
      if (!before || before.isDone) {
        this.#put(upload);
        upload.look();
      } else if (GOES_ON.includes(before.state)) {
        before.file = file;
        if (!before.url) before.where = where;
        if (LOOKS.includes(before.state)) before.look();
        else this.resume(before);
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
    if (upload.state === State.elsewhere || (upload.state === State.stopped && !upload.kind)) upload.look();
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

  /** A few files at a time are asked about, where there is a quota one after the other, in their order; one is summed. */
  #turns = {
    look: (upload, ask) => {
      const { limited } = this.site;
      const lane = limited ? 0 : this.asked++ % LOOKED_AT_ONCE;
      this.lanes[lane] = this.lanes[lane].catch(() => {}).then(() => ask(limited ? this.#before(upload) : 0));
      return this.lanes[lane];
    },
    sum: (ask) => {
      this.summed = this.summed.catch(() => {}).then(ask);
      return this.summed;
    },
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
        const open = this.uploads.filter(({ state }) => state === State.preparing).slice(0, FOLLOWED_AT_ONCE); // in their order
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

/** What tabs of this browser hold at this moment. */
async function locksHeld() {
  const { held } = (await navigator.locks?.query()) ?? { held: [] };
  return new Set(held.map(({ name }) => name));
}
