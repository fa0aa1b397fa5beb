// form[data-upload]: lists the chosen files, says before sending when they are too large together, and shows how much
// has been sent. The form is sent as the browser would send it, field for field.
import { enliven, found } from "./enliven.js";
import { showPage } from "./pages.js";
import { fill, size } from "./words.js";

const ANNOUNCED_EVERY = 25;

export function uploadForm(root) {
  for (const form of found(root, "form[data-upload]")) {
    const files = form.elements.file;
    files.addEventListener("change", () => {
      listFiles(form, [...files.files]);
      showProblem(form, fits(form, [...files.files]) ? "" : tooLarge(form, [...files.files]));
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!form.dataset.sending && fits(form, [...files.files])) send(form);
    });
    listFiles(form, [...files.files]);
  }
}

function listFiles(form, files) {
  form.querySelector("[data-chosen]").replaceChildren(...files.map(line));
  form.elements.count.value = files.length;
}

function line(file) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  const weight = document.createElement("span");
  name.textContent = file.name;
  weight.textContent = size(file.size);
  weight.className = "size";
  row.append(name, weight);
  return row;
}

function fits(form, files) {
  return total(files) <= Number(form.dataset.maxSize);
}

function tooLarge(form, files) {
  return fill(form.dataset.tooLarge, { total: size(total(files)), limit: size(Number(form.dataset.maxSize)) });
}

function total(files) {
  return files.reduce((sum, file) => sum + file.size, 0);
}

function send(form) {
  const request = new XMLHttpRequest();
  const stop = form.querySelector("[data-stop]");
  const stopNow = () => request.abort();
  request.open("POST", form.action);
  request.responseType = "document";
  request.upload.addEventListener("progress", ({ loaded, total: all }) => showProgress(form, loaded, all));
  request.addEventListener("load", () => {
    if (request.response) showAnswer(request.response, request.responseURL, form);
    else showProblem(form, form.dataset.broken);
  });
  request.addEventListener("error", () => showProblem(form, form.dataset.broken));
  request.addEventListener("loadend", () => {
    stop.removeEventListener("click", stopNow);
    setSending(form, false);
  });
  stop.addEventListener("click", stopNow);
  showProblem(form, "");
  setSending(form, true);
  request.send(new FormData(form));
}

function setSending(form, sending) {
  if (sending) form.dataset.sending = "yes";
  else delete form.dataset.sending;
  form.querySelector("[data-progress]").hidden = !sending;
  form.querySelector("[data-actions]").hidden = sending;
  (sending ? addEventListener : removeEventListener)("beforeunload", warn);
}

function warn(event) {
  event.preventDefault();
}

function showProgress(form, sent, all) {
  const percent = Math.floor((100 * sent) / all);
  const panel = form.querySelector("[data-progress]");
  panel.querySelector("progress").value = percent;
  panel.querySelector("[data-text]").textContent =
    percent < 100 ? fill(form.dataset.sent, { percent, sent: size(sent), total: size(all) }) : form.dataset.storing;
  const step = ANNOUNCED_EVERY * Math.floor(percent / ANNOUNCED_EVERY);
  const announced = panel.querySelector("[role=status]");
  if (step) announced.textContent = fill(form.dataset.announced, { percent: step });
}

function showProblem(form, text) {
  const alert = form.querySelector("[data-problem]");
  alert.hidden = !text;
  alert.querySelector("[data-text]").textContent = text;
}

/** The page that answered. If that is the form again, the files stay chosen. */
function showAnswer(page, address, form) {
  const files = form.elements.file.files;
  showPage(page, address);
  const again = document.querySelector("form[data-upload]");
  if (!again) return;
  again.elements.file.files = files;
  enliven(again);
}
