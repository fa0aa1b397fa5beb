// Our controls around the native element: the page has them in a <template>; here they are put around what plays.
import { captionsOf } from "./captions.js";
import { followMoments } from "./chapters.js";
import { speak } from "./elements.js";
import { bindKeys } from "./keys.js";
import { mindMenus } from "./menus.js";
import { keepPlace, whenKnown } from "./playback.js";
import { showTime } from "./time-shown.js";
import { asked } from "./time.js";
import { drawWaveform } from "./waveform.js";

export async function start(element) {
  const streams = element.dataset.streams ? await import("./streams.js") : null;
  const words = JSON.parse(element.dataset.words);
  speak(document.documentElement.lang, words);
  const media = element.querySelector("video, audio");
  const startAt = asked(location.hash) ?? asked(new URL(media.src, location.href).hash);
  const player = { element, media, words, startAt };
  player.mindLoss = (address) => mindLoss(player, address);
  streams?.playStreams(player);
  player.controller = surround(player);
  player.playFrom = (second) => playFrom(player, second);
  player.halt = () => halt(player);
  player.say = (sentence) => say(player, sentence);
  player.stop = (sentence) => {
    player.halt();
    player.say(sentence);
  };
  player.captions = captionsOf(player.media, element.dataset.captions === "on");
  bindKeys(player);
  mindMenus(player);
  showTime(player);
  drawWaveform(player);
  followMoments(player);
  keepPlace(player);
  player.media.addEventListener("error", () => player.mindLoss(player.media.currentSrc));
  const seek = () => player.startAt !== null && (player.media.currentTime = player.startAt);
  whenKnown(player.media, seek);
  addEventListener("hashchange", () => {
    const second = asked(location.hash);
    if (second !== null && element.isConnected) playFrom(player, second);
  });
  element.dataset.ready = "";
  return player;
}

function surround({ element, media }) {
  const controls = document.importNode(element.querySelector("template[data-player-controls]").content, true);
  const controller = controls.querySelector("media-controller");
  media.removeAttribute("controls");
  media.slot = "media";
  media.before(controller);
  controller.prepend(media);
  // A press anywhere in the player gives it the focus, so that its keys work from then on.
  controller.addEventListener("click", () => {
    if (!controller.contains(document.activeElement)) media.focus({ preventScroll: true });
  });
  return controller;
}

function playFrom({ element, media }, second) {
  history.replaceState(history.state, "", `#t=${Math.round(second * 10) / 10}`);
  whenKnown(media, () => {
    media.currentTime = second;
    media.play().catch(() => {}); // a browser that wants a press first shows the moment, at rest
  });
  const { top, bottom } = element.getBoundingClientRect();
  if (bottom < 80 || top > innerHeight - 80) element.scrollIntoView({ block: "start" });
}

/** What can no longer be loaded may be gone, or the right to it: that is said then. Answers whether it is so. */
async function mindLoss(player, address) {
  const { words } = player;
  const answer = await fetch(address, { method: "HEAD", redirect: "manual" }).catch(() => null);
  const lost = answer?.status === 404 ? words.gone : answer?.type === "opaqueredirect" ? words.signedOut : null;
  if (lost) player.stop(lost);
  return lost !== null;
}

/** Nothing more is asked for. */
function halt(player) {
  const { media, streams } = player;
  media.pause();
  streams?.destroy();
  player.streams = null;
  media.removeAttribute("src");
  media.load();
}

/** The reason stands in the player. */
function say({ element }, sentence) {
  const notice = element.querySelector("[data-notice]");
  notice.querySelector("p").textContent = sentence;
  notice.hidden = false;
}
