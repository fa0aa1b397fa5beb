// One file on its way: looked at, compared with what is here, sent in parts that go on where they broke off.
import * as tus from "tus-js-client";
import { forget, keyOf, lockOf, remember } from "./remembered.js";
import { sumOf } from "./summing.js";

const HEAD = 64 * 1024; // bytes the server looks at
const RETRIES = [0, 1000, 3000, 8000, 20_000]; // milliseconds
const SPEED_OVER = 8000; // milliseconds
const SUMMED_UP_TO = 4 * 1000 ** 3; // bytes
const SENTENCE = /^text\/plain/;
const OVER = [404, 410, 415, 422]; // after these nothing of it is on the server any more

/** Where it stands. What it needs a person for: `twin`, `stopped`, `refused`, `paused`, `again`. */
export const State = Object.freeze({
  looking: "looking",
  summing: "summing",
  twin: "twin",
  waiting: "waiting",
  sending: "sending",
  paused: "paused",
  offline: "offline",
  elsewhere: "elsewhere",
  stopped: "stopped",
  refused: "refused",
  again: "again",
  preparing: "preparing",
  ready: "ready",
  failed: "failed",
});

export class Upload {
  /**
   * `site`: the addresses and the person; `where`: {folder, tags, draft}; `changed()` is called after each change;
   * `turns`: look(upload, ask) calls ask(bytes before it), and sum(ask) calls ask(), when it is its turn.
   */
  constructor(site, { file, where, url = null, sent = 0, size = file.size, name = file.name, key = null }, changed, turns) {
    Object.assign(this, { site, file, where, url, sent, size, name, changed, turns });
    this.key = key ?? keyOf(site.person, where.folder, file);
    this.state = file ? State.looking : State.again;
    this.why = "";
    this.item = null;
    this.twin = null;
    this.poster = null;
    this.summed = 0;
    this.moments = [];
    this.safe = sent; // bytes the server has said it has
  }

  /** As it is remembered: everything but the file. */
  get memory() {
    const { key, where, url, sent, size, name } = this;
    return { key, person: this.site.person, where, url, sent, size, name, at: Date.now() };
  }

  get isRunning() {
    return [State.looking, State.summing, State.sending].includes(this.state);
  }

  /** Whether leaving the page would interrupt it. */
  get isUnderWay() {
    return this.isRunning || [State.waiting, State.offline].includes(this.state);
  }

  /** Whether its bytes are still to be counted by the server. */
  get willBeSent() {
    return !this.isDone && ![State.refused, State.twin, State.stopped, State.again].includes(this.state);
  }

  get isDone() {
    return this.item !== null;
  }

  /** Bytes a second of late. */
  get speed() {
    if (this.state !== State.sending || this.moments.length < 2) return 0;
    const [first, last] = [this.moments[0], this.moments.at(-1)];
    return ((last.sent - first.sent) * 1000) / Math.max(1, last.at - first.at);
  }

  become(state, why = "") {
    this.state = state;
    this.why = why;
    this.moments = [];
    this.changed(this);
  }

  /** Ask the server about it before it is sent; it then waits for its turn, or for an answer. */
  async look() {
    this.become(State.looking);
    try {
      const ask = async (before) => this.site.look(this.name, this.size, await this.file.slice(0, HEAD).arrayBuffer(), before);
      const answer = await this.turns.look(this, ask);
      if (this.state !== State.looking) return;
      this.kind = answer.kind;
      if (answer.refused) return this.become(State.refused, answer.refused);
      if (answer.known && !this.url && this.size <= SUMMED_UP_TO && (await this.turns.sum(() => this.#isHere()))) return;
      // Paused and gone on with meanwhile, it is on its way already.
      if (this.state === State.looking || this.state === State.summing) this.become(State.waiting);
    } catch (error) {
      await this.#stop(error);
    }
  }

  async #isHere() {
    if (this.state !== State.looking) return false; // paused while others were summed
    this.become(State.summing);
    const seen = (part) => {
      this.summed = part;
      this.changed(this);
    };
    const sum = await sumOf(this.file, seen, () => this.state !== State.summing);
    const { twin } = sum ? await this.site.known(this.size, sum) : { twin: null };
    if (!twin || this.state !== State.summing) return false;
    this.twin = twin;
    this.become(State.twin);
    return true;
  }

  /** Send it, or what is missing of it. Resolves when it is whole, stopped or paused. */
  async send() {
    this.become(State.sending);
    await this.run; // of one that was paused a moment ago
    const run = (lock) => (lock ? new Promise((ended) => this.#start(ended)) : this.become(State.elsewhere));
    this.run = navigator.locks ? navigator.locks.request(lockOf(this.key), { ifAvailable: true }, run) : run(true);
    await this.run;
  }

  #start(ended) {
    const { folder, title, tags, draft } = this.where;
    this.ended = ended;
    this.tus = new tus.Upload(this.file, {
      endpoint: this.url ? null : this.site.endpoint,
      uploadUrl: this.url,
      chunkSize: this.site.part,
      retryDelays: RETRIES,
      storeFingerprintForResuming: false,
      headers: { "X-CSRF-Token": this.site.csrf },
      metadata: { filename: this.name, folder, filetype: this.file.type, ...(title && { title }), ...(tags && { tags }), ...(draft && { draft: "yes" }) },
      onUploadUrlAvailable: () => {
        this.url = this.tus.url;
        // With an endpoint the client begins anew at whatever a question is answered with, a server that restarts too.
        this.tus.options.endpoint = null;
        remember(this.memory);
      },
      // A client that is stopped just as it begins goes on all the same.
      onBeforeRequest: () => {
        if (this.state !== State.sending) throw new DOMException("paused", "AbortError");
      },
      onShouldRetry: (error) => {
        if (!error.originalResponse) this.#require();
        return this.state === State.sending && navigator.onLine && isPassing(error);
      },
      onProgress: (sent) => {
        this.sent = sent;
        const now = performance.now();
        this.moments = [...this.moments.filter(({ at }) => now - at < SPEED_OVER), { at: now, sent }];
        this.changed(this);
      },
      onChunkComplete: (_part, safe) => {
        this.safe = safe;
      },
      onSuccess: ({ lastResponse }) => {
        this.arrived(lastResponse.getHeader("Location-Item"));
        ended();
      },
      onError: async (error) => {
        if (this.isRunning && isGone(error)) {
          this.#forgetPlace();
          this.#start(ended);
          return;
        }
        await this.#stop(error);
        ended();
      },
    });
    this.tus.start();
  }

  /** All of it is there, as an item of this address. */
  arrived(item) {
    this.sent = this.size;
    this.item = item;
    forget(this.key);
    this.become(State.preparing);
  }

  /** Let go of the connection; what has arrived stays. `state`: paused or offline. */
  async pause(state) {
    this.sent = this.safe;
    this.become(state);
    await this.tus?.abort();
    this.ended?.();
    if (!this.url) return;
    const there = state === State.paused ? await this.site.progress(this.url) : null;
    if (this.state !== state) return; // gone on with, or removed
    if (there) this.#has(there.sent);
    remember(this.memory);
  }

  /** So many bytes are safe on the server. */
  #has(bytes) {
    this.sent = this.safe = bytes;
    this.changed(this);
  }

  /** Take it off the server and out of memory; what another tab sends stays there. */
  async remove() {
    if (this.state === State.elsewhere) return;
    const url = this.isDone ? null : this.url;
    this.become(State.refused);
    await this.tus?.abort();
    this.ended?.();
    forget(this.key);
    if (url) await this.site.drop(url);
  }

  /** A file that was changed or taken away looks as if the server did not answer. */
  async #require() {
    try {
      await this.file.slice(0, 1).arrayBuffer();
    } catch {
      if (this.state !== State.sending) return;
      this.sent = this.safe;
      this.become(State.stopped, this.site.words.unreadable);
      await this.tus.abort();
      this.ended();
    }
  }

  #forgetPlace() {
    this.url = null;
    this.sent = this.safe = 0;
    forget(this.key);
  }

  async #stop(error) {
    if (!this.isRunning) return; // paused or removed meanwhile
    this.sent = this.safe;
    if (!navigator.onLine) return this.become(State.offline);
    const response = error.originalResponse;
    const status = response?.getStatus() ?? error.status;
    const said = SENTENCE.test(response?.getHeader("Content-Type") ?? "") ? response.getBody().trim() : "";
    if (status === 401 || status === 303) return this.become(State.stopped, this.site.words.signed_out);
    if (OVER.includes(status) || (status === 413 && this.url && (await this.site.progress(this.url)) === null)) {
      this.#forgetPlace(); // the next try begins anew
    }
    if (error instanceof DOMException) return this.become(State.stopped, this.site.words.unreadable);
    this.become(State.stopped, said || this.site.words.broken);
  }
}

/** Whether nothing of it is on the server any more, by the answer to how far it is: it was cleared away. */
function isGone({ originalRequest, originalResponse }) {
  return originalRequest?.getMethod() === "HEAD" && [404, 410].includes(originalResponse?.getStatus());
}

/** Whether the same may work in a moment: nobody answered, the server was busy, or another request held the upload. */
function isPassing({ originalResponse }) {
  const status = originalResponse?.getStatus() ?? 0;
  return status === 0 || status === 409 || status === 423 || status === 429 || status === 460 || status >= 500;
}
