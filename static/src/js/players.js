// [data-player] holds a native <video> or <audio> with controls. Its own controls come in a script of their own, which
// only pages with something to play load.
import { found } from "./enliven.js";

export function players(root) {
  for (const element of found(root, "[data-player]")) {
    import("./player/player.js").then(({ start }) => start(element));
  }
}
