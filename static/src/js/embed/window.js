// The small window in which people sign in. It is opened without a name, so that no other page gets hold of it, and what
// it says counts only if it comes from that very window, from our own origin, for this player and this try.
const KIND = "privmedia.embed.";
const LOOKED_AT = 500;
const GRACE = 1000; // a message may come after its window has closed

/** The window, or null where the browser or the page's sandbox lets none open. `forget()` ends listening. */
export function openWindow(id, flow, { onCode, onDenied, onClosed }) {
  const opened = tryToOpen(`/embed/${id}/signin?flow=${flow}`);
  if (!opened) return null;
  const listen = ({ source, origin, data }) => {
    if (source !== opened || origin !== location.origin || data?.v !== 1) return;
    if (data.embed !== id || data.flow !== flow) return;
    if (data.type === `${KIND}code` && typeof data.code === "string") {
      forget();
      onCode(data.code);
    } else if (data.type === `${KIND}denied`) {
      forget();
      onDenied();
    }
  };
  let closed = null;
  const look = setInterval(() => {
    if (opened.closed && closed === null) {
      closed = setTimeout(() => {
        forget();
        onClosed();
      }, GRACE);
    }
  }, LOOKED_AT);
  const forget = () => {
    removeEventListener("message", listen);
    clearInterval(look);
    clearTimeout(closed);
  };
  addEventListener("message", listen);
  return { forget };
}

function tryToOpen(address) {
  try {
    // Neither noopener nor noreferrer: both would cut the tie to this frame.
    return window.open(address, "_blank", "popup,width=480,height=640");
  } catch {
    return null; // Firefox in a sandbox without windows
  }
}
