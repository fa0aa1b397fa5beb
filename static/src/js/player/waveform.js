// [data-waveform] names the outline of a sound: it is drawn behind the seek bar, which stays what people and screen
// readers use. The played part has the colour of the bar.

const GAP = 0.35; // of a bar's width

export async function drawWaveform({ element, media }) {
  const address = element.dataset.waveform;
  const canvas = element.querySelector("[data-wave]");
  if (!address || !canvas) return;
  const peaks = await outline(address);
  if (!peaks?.length) return;
  element.classList.add("has-wave");
  const draw = () => paint(canvas, peaks, media.duration ? media.currentTime / media.duration : 0);
  for (const event of ["timeupdate", "seeking", "seeked", "loadedmetadata"]) media.addEventListener(event, draw);
  new ResizeObserver(draw).observe(canvas);
}

async function outline(address) {
  try {
    const answer = await fetch(address);
    return answer.ok ? (await answer.json()).peaks : null;
  } catch {
    return null;
  }
}

function paint(canvas, peaks, played) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio];
  if (!width) return;
  if (canvas.width !== Math.round(width)) [canvas.width, canvas.height] = [Math.round(width), Math.round(height)];
  const pen = canvas.getContext("2d");
  const { color, accentColor } = getComputedStyle(canvas);
  const bars = Math.min(peaks.length, Math.floor(canvas.clientWidth / 4));
  const step = width / bars;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  for (let bar = 0; bar < bars; bar += 1) {
    const from = Math.floor((bar * peaks.length) / bars);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / bars));
    const tall = Math.max(2 * ratio, (Math.max(...peaks.slice(from, to)) / 100) * height);
    pen.fillStyle = (bar + 0.5) / bars <= played ? accentColor : color;
    pen.fillRect(bar * step, (height - tall) / 2, step * (1 - GAP), tall);
  }
}
