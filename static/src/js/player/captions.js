// Which captions are shown. They are off until somebody turns them on, unless the player is to begin with them `on`; the
// choice is kept for the next item. With the sound off they come by themselves, as long as nobody has chosen.
const KEPT = "privmedia-captions";
const NONE = "off";

export function captionsOf(media, on) {
  const tracks = [...media.textTracks].filter(({ kind }) => kind === "subtitles" || kind === "captions");
  if (!tracks.length) return null;
  const shown = () => tracks.find(({ mode }) => mode === "showing");
  const show = (language) => {
    const chosen = tracks.find((track) => track.language === language);
    for (const track of tracks) track.mode = track === chosen ? "showing" : "disabled";
  };
  const preferred = () => {
    const kept = recall();
    const wanted = kept && kept !== NONE ? kept : document.documentElement.lang;
    return (tracks.find(({ language }) => language === wanted) ?? tracks[0]).language;
  };
  let settled = false;
  show(recall() ?? (on ? preferred() : NONE));
  media.textTracks.addEventListener("change", () => {
    if (settled) keep(shown()?.language ?? NONE);
  });
  media.addEventListener("volumechange", () => {
    if (recall() !== null) return;
    settled = false;
    show(on || media.muted || media.volume === 0 ? preferred() : NONE);
    settle();
  });
  // The event of a change comes after it: what was set here is no choice of the viewer's.
  const settle = () => setTimeout(() => (settled = true), 50);
  settle();
  return { toggle: () => show(shown() ? NONE : preferred()) };
}

function recall() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(language) {
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // A browser that keeps nothing: the choice holds for this page.
  }
}
