// The elements of media-chrome that our controls are made of, and one of our own: its seek bar, which tells screen
// readers the time in words and the chapter.
import "media-chrome/dist/media-controller.js";
import "media-chrome/dist/media-control-bar.js";
import "media-chrome/dist/media-captions-button.js";
import "media-chrome/dist/media-fullscreen-button.js";
import "media-chrome/dist/media-loading-indicator.js";
import "media-chrome/dist/media-mute-button.js";
import "media-chrome/dist/media-pip-button.js";
import "media-chrome/dist/media-play-button.js";
import "media-chrome/dist/media-seek-backward-button.js";
import "media-chrome/dist/media-volume-range.js";
import "media-chrome/dist/menu/media-audio-track-menu.js";
import "media-chrome/dist/menu/media-audio-track-menu-button.js";
import "media-chrome/dist/menu/media-captions-menu.js";
import "media-chrome/dist/menu/media-captions-menu-button.js";
import "media-chrome/dist/menu/media-chrome-menu-item.js";
import "media-chrome/dist/menu/media-playback-rate-menu.js";
import "media-chrome/dist/menu/media-playback-rate-menu-button.js";
import "media-chrome/dist/menu/media-rendition-menu.js";
import "media-chrome/dist/menu/media-rendition-menu-button.js";
import MediaTimeRange from "media-chrome/dist/media-time-range.js";
import { addTranslation, setLanguage, t } from "media-chrome/dist/utils/i18n.js";
import { inWords } from "./time.js";

/** The texts of all players of this page, by media-chrome's own keys and by ours. Called before the first is made. */
export function speak(language, words) {
  addTranslation(language, words);
  setLanguage(language);
}

class TimeRange extends MediaTimeRange {
  attributeChangedCallback(name, before, after) {
    super.attributeChangedCallback(name, before, after);
    if (before !== after && Number.isFinite(this.mediaDuration)) {
      this.range.setAttribute("aria-valuetext", this.position());
      this.range.setAttribute("aria-label", t("Seek"));
    }
  }

  /** "7 minutes 6 seconds of 18 minutes 42 seconds, chapter 3: Draw the old bearing" */
  position() {
    const time = inWords(this.mediaCurrentTime || 0);
    const total = inWords(this.mediaDuration);
    const cues = this.mediaChaptersCues ?? [];
    const number = cues.findLastIndex((cue) => cue.startTime <= (this.mediaCurrentTime || 0));
    if (number < 0) return t("position", { time, total });
    return t("positionInChapter", { time, total, number: number + 1, title: cues[number].text });
  }
}

customElements.define("pm-time-range", TimeRange);
