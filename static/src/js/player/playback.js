// Where one stops is told to the server: every 10 seconds of play, on a pause, when the page is left. Coming back, one
// goes on from there. With it goes what was played since the last time. When the answer is that there is nothing here any more, the player stops and says so.
import { followPlay } from "./played.js";

const EVERY = 10_000;
const SETTLED = 500;

export function keepPlace(player) {
  const { media, element } = player;
  const { playback, csrf, version } = element.dataset;
  if (!playback) return;
  const play = followPlay(media);
  let told = -Infinity;
  let last = -1;
  const tell = async () => {
    const position = Math.round(media.currentTime * 10) / 10;
    if (!Number.isFinite(media.duration) || !media.duration || position === last) return;
    [told, last] = [performance.now(), position];
    const played = play.take();
    const body = new URLSearchParams({ position, duration: media.duration, version, played });
    const headers = { "X-CSRF-Token": csrf };
    try {
      const answer = await fetch(playback, { method: "POST", body, headers, keepalive: true, redirect: "manual" });
      if (answer.status >= 500) play.giveBack(played);
      else if ([404, 410].includes(answer.status)) player.stop(player.words.gone);
      else if (answer.status === 409) player.stop(player.words.replaced);
      else if (answer.type === "opaqueredirect") player.stop(player.words.signedOut);
    } catch {
      play.giveBack(played); // without a network there is nobody to tell; the next time there may be
    }
  };
  media.addEventListener("timeupdate", () => {
    if (!media.paused && performance.now() - told >= EVERY) tell();
  });
  for (const event of ["pause", "ended"]) media.addEventListener(event, tell);
  let settling;
  media.addEventListener("seeked", () => {
    clearTimeout(settling);
    if (media.paused && media.played.length) settling = setTimeout(tell, SETTLED);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && media.played.length) tell();
  });
  addEventListener("pagehide", () => media.played.length && tell());
  offerToContinue(player);
}

function offerToContinue({ element, media, startAt }) {
  const offer = element.querySelector("[data-continue]");
  if (!offer || startAt !== null) {
    offer?.remove();
    return;
  }
  const position = Number(offer.dataset.continue);
  whenKnown(media, () => (media.currentTime = position));
  offer.hidden = false;
  offer.querySelector("[data-go-on]").addEventListener("click", () => media.play());
  offer.querySelector("[data-start-over]").addEventListener("click", () => {
    media.currentTime = 0;
    media.play();
  });
  media.addEventListener("play", () => {
    const focused = offer.contains(document.activeElement);
    offer.remove();
    if (focused) element.querySelector("media-play-button:not(.bigplay)")?.focus();
  }, { once: true });
}

export function whenKnown(media, act) {
  if (media.readyState >= 1) act();
  else media.addEventListener("loadedmetadata", act, { once: true });
}
