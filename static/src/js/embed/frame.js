// What a player in a page of another site shows when: [data-embed] has the screens, [data-state] which one is first.
import { ask, beat, seesOnly } from "./server.js";
import { openWindow } from "./window.js";

const HEARTBEAT = 60_000;
const WATCHED = 5; // seconds of play from which on somebody has watched
const FLOW_LASTS = 25 * 60_000; // the server forgets it after 30 minutes

export async function run(root) {
  for (const element of root.querySelectorAll("[data-needs-script]")) element.hidden = false;
  for (const element of root.querySelectorAll("[data-without-script]")) element.hidden = true;
  const frame = { root, id: root.dataset.embed, flow: null, started: false, player: null, signed: wordOfTheSite() };
  if (root.dataset.state === "preview") return undefined;
  root.addEventListener("click", (event) => {
    const act = { play: () => signIn(frame), again: () => again(frame) }[event.target.closest("[data-do]")?.dataset.do];
    act?.();
  });
  if (!seesOnly(root.dataset.ancestors)) return show(frame, "elsewhere");
  if (root.dataset.state === "playing") return play(frame, await begin(frame));
  if (root.dataset.state !== "ask") return undefined;
  show(frame, "loading");
  return settle(frame, await begin(frame));
}

/** What the server of the site around says of who is there. It is good once, so it does not stay in the address. */
function wordOfTheSite() {
  const said = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (!("signature" in said)) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  return said;
}

/** Ask whether it may play; what is answered is kept for the click that follows. */
async function begin(frame) {
  const { signed } = frame;
  const answer = await ask(frame.id, {
    page: document.referrer,
    ancestors: [...(location.ancestorOrigins ?? [])],
    signed,
  });
  // Asked for too often, or by nobody: it may still be good.
  if (![0, 429].includes(answer.status)) frame.signed = undefined;
  frame.flow = answer.status === 401 ? { id: answer.said.flow, secret: answer.said.secret } : null;
  return answer;
}

function settle(frame, { status, said }) {
  const { root } = frame;
  if (status === 200) return play(frame, { status, said });
  // The word of the site does not count: whoever has an account may sign in all the same.
  if (status === 400) return begin(frame).then((answer) => settle(frame, answer));
  // 403: a sandbox has taken our origin from the frame, and with it every way to ask.
  const unknown = "signed" in root.dataset ? "unsigned" : "ask";
  show(frame, { 403: "blocked", 404: "gone" }[status] ?? unknown);
  if (status === 401) keepFresh(frame);
  return undefined;
}

/** A flow has to be there before the click: what is waited for first, a browser does not open a window after. */
function keepFresh(frame) {
  clearTimeout(frame.refresh);
  frame.refresh = setTimeout(async () => {
    if (!frame.player && !frame.window) await begin(frame);
    keepFresh(frame);
  }, FLOW_LASTS);
}

/** After an end. Where it could go on without signing in, the document is asked for anew: it may have other sites. */
function again(frame) {
  if (frame.started) location.reload();
  else signIn(frame);
}

function signIn(frame) {
  const { flow } = frame;
  if (!flow) return begin(frame).then((answer) => settle(frame, answer));
  frame.window?.forget();
  frame.window = openWindow(frame.id, flow.id, {
    onCode: (code) => exchange(frame, flow, code),
    onDenied: () => leave(frame, "denied"),
    onClosed: () => leave(frame, "signed" in frame.root.dataset ? "unsigned" : "ask"),
  });
  show(frame, frame.window ? "waiting" : "blocked");
  return undefined;
}

function leave(frame, screen) {
  frame.window = null;
  show(frame, screen);
}

async function exchange(frame, flow, code) {
  frame.window = null;
  const answer = await ask(frame.id, { flow: flow.id, secret: flow.secret, code });
  if (answer.status === 200) return play(frame, answer, true);
  if (answer.status === 403) return show(frame, "denied");
  return settle(frame, await begin(frame));
}

async function play(frame, { status, said }, clicked = false) {
  const { root } = frame;
  if (status === 200) {
    frame.renew = said.renew;
    // With a session the document has its player already.
    if (root.dataset.state !== "playing") root.querySelector("[data-player-here]").innerHTML = said.player;
  } else if (root.dataset.state === "playing" && status !== 0) {
    root.dataset.state = "ask";
    root.querySelector("[data-player-here]").replaceChildren();
    return settle(frame, { status, said });
  }
  root.dataset.state = "playing";
  clearTimeout(frame.refresh);
  show(frame, null);
  const element = root.querySelector("[data-player]");
  if (!element) return undefined; // it is being prepared, and says so
  const { start } = await import("../player/player.js");
  const media = element.querySelector("video, audio");
  if (media.autoplay) media.muted = true;
  frame.player = await start(element);
  frame.player.stop = (sentence) => lost(frame, sentence);
  if (clicked) media.play().catch(() => {});
  watchOver(frame);
  return undefined;
}

/** One 404 may be a file that is missing, or the right to it that is gone: the server knows. */
async function lost(frame, sentence) {
  if (await tell(frame)) frame.player?.say(sentence);
}

function watchOver(frame) {
  const { media } = frame.player;
  clearInterval(frame.heart);
  frame.heart = setInterval(() => tell(frame), HEARTBEAT);
  let first = true;
  media.addEventListener("timeupdate", () => {
    if (!first || media.currentTime - (media.played.length ? media.played.start(0) : 0) < WATCHED) return;
    first = false;
    tell(frame);
  });
  media.addEventListener("ended", () => tell(frame));
  addEventListener("pagehide", () => media.played.length && tell(frame));
}

/** The heartbeat. Answers whether it may go on; a network that is away is no reason to stop. */
async function tell(frame) {
  const { player } = frame;
  if (!player) return false;
  if (!frame.renew) {
    // Nobody answered when it began: it plays by the session, and asks now.
    frame.renew = (await begin(frame)).said.renew;
    return true;
  }
  const { played } = player.media;
  const ranges = Array.from(played, (_, index) => [played.start(index), played.end(index)]);
  const status = await beat(frame.id, frame.renew, Number(player.element.dataset.version), ranges);
  if (![401, 403, 404].includes(status)) return true;
  end(frame, status === 404 ? "gone" : "ended");
  return false;
}

async function end(frame, screen) {
  const { player, root } = frame;
  if (!player) return;
  frame.player = null;
  clearInterval(frame.heart);
  player.halt();
  root.querySelector("[data-player-here]").replaceChildren();
  root.dataset.state = "ask";
  show(frame, screen);
  if (screen === "gone") return;
  const answer = await begin(frame);
  frame.started = answer.status === 200;
  if (answer.status === 401) keepFresh(frame);
}

function show({ root }, screen) {
  for (const element of root.querySelectorAll("[data-screen]")) element.hidden = element.dataset.screen !== screen;
  root.querySelector("[data-player-here]").hidden = screen !== null;
}
