// The keys of the player, in one table: it binds them, and the list behind "?" is made from it. Letters are left alone
// where somebody has switched them off (WCAG 2.1.4); none of them fires in fields or together with Ctrl, Alt or ⌘.
import { chapterAfter } from "./chapters.js";

/** `keys` as KeyboardEvent.key has them; `word` says in the list what they do. */
export const KEYS = [
  { keys: ["k", " "], word: "playOrPause", run: ({ media }) => (media.paused ? media.play() : media.pause()) },
  { keys: ["j"], word: "back10", run: ({ media }) => seek(media, -10) },
  { keys: ["l"], word: "forward10", run: ({ media }) => seek(media, 10) },
  { keys: ["ArrowLeft"], word: "back5", run: ({ media }) => seek(media, -5) },
  { keys: ["ArrowRight"], word: "forward5", run: ({ media }) => seek(media, 5) },
  { keys: ["n"], word: "nextChapter", run: ({ media }) => toNextChapter(media) },
  { keys: ["m"], word: "muteOrNot", run: ({ media }) => (media.muted = !media.muted) },
  { keys: ["c"], word: "captionsOrNot", run: (player) => player.captions?.toggle(), only: "video" },
  { keys: ["f"], word: "fullScreen", run: ({ controller }) => toggleFullScreen(controller), only: "video" },
  { keys: ["?"], word: "list", run: (player) => showList(player) },
];

// What has its own use for arrows or the space bar.
const KEEPS_ITS_KEYS = "input:not([type=range]), textarea, select, [role=menu], [role=menuitemradio], media-volume-range";
const PRESSED_BY_SPACE = "[role=button], button, a, summary";

export function bindKeys(player) {
  player.element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const path = event.composedPath().filter((node) => node instanceof Element);
    const inside = path.slice(0, path.indexOf(player.element));
    if (inside.some((node) => node.matches(KEEPS_ITS_KEYS))) return;
    if (event.key === " " && inside.some((node) => node.matches(PRESSED_BY_SPACE))) return;
    const entry = available(player).find(({ keys }) => keys.includes(event.key));
    if (!entry || (isLetter(event.key) && !lettersAreOn())) return;
    event.preventDefault();
    event.stopPropagation();
    entry.run(player);
  }, { capture: true });
}

function available(player) {
  return KEYS.filter(({ only }) => !only || only === player.media.localName);
}

function isLetter(key) {
  return key.length === 1 && key !== " ";
}

function lettersAreOn() {
  return document.body.dataset.shortcuts !== "off";
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

function showList(player) {
  const dialog = player.element.querySelector("[data-player-keys]");
  const list = dialog.querySelector("dl");
  list.replaceChildren(...available(player).flatMap(({ keys, word }) => [term(keys, player.words), meaning(player.words[word])]));
  if (!dialog.open) dialog.showModal();
}

function term(keys, words) {
  const element = document.createElement("dt");
  element.append(...keys.map((key) => {
    const keyboard = document.createElement("kbd");
    keyboard.textContent = { " ": words.space, ArrowLeft: "←", ArrowRight: "→" }[key] ?? key;
    return keyboard;
  }));
  return element;
}

function meaning(text) {
  const element = document.createElement("dd");
  element.textContent = text;
  return element;
}
