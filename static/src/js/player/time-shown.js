// "7:06 / 18:42" in the bar. Screen readers are told by the seek bar, in words.
import { clock } from "./time.js";

export function showTime({ element, media }) {
  const [now, length] = ["[data-now]", "[data-length]"].map((name) => element.querySelector(name));
  const show = () => {
    now.textContent = clock(media.currentTime);
    length.textContent = Number.isFinite(media.duration) ? clock(Math.round(media.duration)) : "–:––";
  };
  for (const event of ["timeupdate", "seeking", "loadedmetadata", "durationchange"]) media.addEventListener(event, show);
  show();
}
