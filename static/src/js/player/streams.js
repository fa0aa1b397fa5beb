// A film in several sizes, with all its tracks of sound: hls.js loads what the line carries. Where a browser cannot, or
// something breaks, the one file that the page names plays on from the same moment.
import "media-tracks/polyfill";
import Hls from "hls.js";

const BEFORE_PLAY = 2; // seconds that are loaded before anybody presses play
const AHEAD = 30; // seconds, from then on
const LINE = 5_000_000; // bits a second, taken for granted until it is measured

export function playStreams(player) {
  const { element, media } = player;
  if (!Hls.isSupported()) return;
  const file = media.currentSrc || media.src;
  const left = element.querySelector("[data-continue]")?.dataset.continue;
  const { currentTime, paused } = media; // until this script was here, the browser's own controls were
  const hls = new Hls({
    startPosition: currentTime || (player.startAt ?? Number(left ?? -1)),
    maxMaxBufferLength: BEFORE_PLAY,
    abrEwmaDefaultEstimate: LINE,
    capLevelToPlayerSize: true,
    // The page has the captions; with them, hls.js would empty those it finds.
    subtitleTrackController: undefined,
    subtitleStreamController: undefined,
    timelineController: undefined,
    emeController: undefined,
    contentSteeringController: undefined,
  });
  media.addEventListener("play", () => (hls.config.maxMaxBufferLength = AHEAD), { once: true });
  hls.on(Hls.Events.MANIFEST_PARSED, () => offerSizes(hls, media));
  hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, () => offerSounds(hls, media));
  let recovered = false;
  hls.on(Hls.Events.ERROR, async (_event, { fatal, type, response }) => {
    if (player.streams !== hls) return;
    if (response?.code >= 400 && response.code < 500) {
      hls.stopLoad();
      // If it is not the right that is gone, the streams were made anew meanwhile.
      if (!(await player.mindLoss(element.dataset.streams))) fallBack(player, file);
    } else if (fatal && type === Hls.ErrorTypes.MEDIA_ERROR && !recovered) {
      recovered = true;
      hls.recoverMediaError();
    } else if (fatal) {
      fallBack(player, file);
    }
  });
  player.streams = hls;
  hls.loadSource(element.dataset.streams);
  hls.attachMedia(media);
  if (!paused) media.play().catch(() => {});
}

function offerSizes(hls, media) {
  const film = media.addVideoTrack("main");
  hls.levels.forEach(({ width, height, videoCodec, bitrate }, index) => {
    film.addRendition(`${index}`, width, height, videoCodec, bitrate).id = `${index}`;
  });
  film.selected = true;
  media.videoRenditions.addEventListener("change", () => (hls.nextLevel = media.videoRenditions.selectedIndex));
}

function offerSounds(hls, media) {
  const names = new Intl.DisplayNames(document.documentElement.lang, { type: "language" });
  for (const old of [...media.audioTracks]) media.removeAudioTrack(old);
  for (const { id, name, lang } of hls.audioTracks) {
    const track = media.addAudioTrack(id === 0 ? "main" : "alternative", nameOf(names, lang) ?? name, lang);
    track.id = `${id}`;
    track.enabled = id === Math.max(0, hls.audioTrack);
  }
  media.audioTracks.addEventListener("change", () => {
    const chosen = [...media.audioTracks].find(({ enabled }) => enabled);
    if (chosen && Number(chosen.id) !== hls.audioTrack) hls.audioTrack = Number(chosen.id);
  });
}

function nameOf(names, language) {
  try {
    return language && names.of(language);
  } catch {
    return null; // no language that anybody has a name for
  }
}

function fallBack(player, file) {
  const { media, streams } = player;
  if (!streams) return;
  const { currentTime, paused } = media;
  streams.destroy();
  player.streams = null;
  media.src = file;
  media.currentTime = currentTime;
  if (!paused) media.play().catch(() => {});
}
