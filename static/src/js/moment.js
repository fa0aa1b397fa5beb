// [data-moment="#field"] holds a film and the field for a time in it: the field follows the film, to a tenth of a second,
// and the film goes to the time that is typed.
import { found } from "./enliven.js";
import { clock, seconds } from "./player/time.js";

export function moments(root) {
  for (const element of found(root, "[data-moment]")) {
    const film = element.querySelector("video");
    const field = element.querySelector(element.dataset.moment);
    const follow = () => {
      if (document.activeElement !== field) field.value = `${clock(film.currentTime)}.${tenths(film.currentTime)}`;
    };
    for (const happened of ["timeupdate", "pause", "seeked"]) film.addEventListener(happened, follow);
    field.addEventListener("change", () => {
      const asked = seconds(field.value.trim());
      if (asked !== null) film.currentTime = asked;
    });
  }
}

function tenths(time) {
  return Math.floor(time * 10) % 10;
}
