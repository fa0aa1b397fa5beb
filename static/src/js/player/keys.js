// What the keys of the player do; which key does what stands in keys.json. They work while the player has the focus.
import { entryFor } from "../key-table.js";
import { chapterAfter } from "./chapters.js";

const ACTIONS = {
  playOrPause: ({ media }) => (media.paused ? media.play() : media.pause()),
  back10: ({ media }) => seek(media, -10),
  forward10: ({ media }) => seek(media, 10),
  back5: ({ media }) => seek(media, -5),
  forward5: ({ media }) => seek(media, 5),
  nextChapter: ({ media }) => toNextChapter(media),
  muteOrNot: ({ media }) => (media.muted = !media.muted),
  captionsOrNot: (player) => player.captions?.toggle(),
  fullScreen: ({ controller }) => toggleFullScreen(controller),
};
const OF_FILMS = ["captionsOrNot", "fullScreen"];

// What has its own use for arrows or the space bar.
const KEEPS_ITS_KEYS = "input:not([type=range]), textarea, select, [role=menu], [role=menuitemradio], media-volume-range";
const PRESSED_BY_SPACE = "[role=button], button, a, summary";

export function bindKeys(player) {
  player.element.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    const path = event.composedPath().filter((node) => node instanceof Element);
    const inside = path.slice(0, path.indexOf(player.element));
    if (inside.some((node) => node.matches(KEEPS_ITS_KEYS))) return;
    if (event.key === " " && inside.some((node) => node.matches(PRESSED_BY_SPACE))) return;
    const entry = entryFor("player", event);
    if (!entry || (OF_FILMS.includes(entry.does) && player.media.localName !== "video")) return;
    event.preventDefault();
    event.stopPropagation();
    ACTIONS[entry.does](player);
  }, { capture: true });
}

function seek(media, by) {
  if (Number.isFinite(media.duration)) media.currentTime = Math.max(0, Math.min(media.duration, media.currentTime + by));
}

function toNextChapter(media) {
  const next = chapterAfter(media.currentTime);
  if (next !== null) media.currentTime = next;
}

function toggleFullScreen(controller) {
  if (document.fullscreenElement) document.exitFullscreen();
  else controller.requestFullscreen?.();
}
