// The files that were dropped, pasted or chosen, each with the folders it lay in: {file, way}.

/** Of a drop or a paste. Has to be called while the event is handled: afterwards nothing can be read any more. */
export function droppedFiles(transfer) {
  const entries = [...transfer.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  return Promise.all(entries.filter(Boolean).map((entry) => (entry instanceof File ? [{ file: entry, way: [] }] : walked(entry, [])))).then(
    (several) => several.flat(),
  );
}

/** Of a field, whose files know the way down from the folder that was chosen. */
export function chosenFiles(field) {
  return [...field.files].map((file) => ({ file, way: file.webkitRelativePath.split("/").slice(0, -1).filter(Boolean) }));
}

async function walked(entry, way) {
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    return file && !hidden(file.name) ? [{ file, way }] : [];
  }
  const found = [];
  for (const inside of await listed(entry.createReader())) found.push(...(await walked(inside, [...way, entry.name])));
  return found;
}

/** All of a folder: a reader hands over some hundred at a time. */
async function listed(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return all;
    all.push(...some);
  }
}

/** What systems leave in folders, and nobody means to add. */
function hidden(name) {
  return name.startsWith(".") || name === "Thumbs.db" || name === "desktop.ini";
}
