// The files that were dropped, pasted or chosen: {files: [{file, way}], hidden, unreadable}. `way` are the folders a file lay
// in, `hidden` counts what systems leave in folders, `unreadable` names what could not be read.

/** Of a drop or a paste. Has to be called while the event is handled: afterwards nothing can be read any more. */
export async function droppedFiles(transfer) {
  const unreadable = [];
  const entries = [...transfer.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const several = await Promise.all(
    entries.filter(Boolean).map((entry) => (entry instanceof File ? [{ file: entry, way: [] }] : walked(entry, [], unreadable))),
  );
  return sorted(several.flat(), unreadable);
}

/** Of a field, whose files know the way down from the folder that was chosen. */
export function chosenFiles(field) {
  return sorted(
    [...field.files].map((file) => ({ file, way: file.webkitRelativePath.split("/").slice(0, -1).filter(Boolean) })),
    [],
  );
}

async function walked(entry, way, unreadable) {
  const failed = () => unreadable.push(entry.name);
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (!file) failed();
    return file ? [{ file, way }] : [];
  }
  const found = [];
  for (const inside of await listed(entry.createReader(), failed)) found.push(...(await walked(inside, [...way, entry.name], unreadable)));
  return found;
}

/** All of a folder: a reader hands over some hundred at a time. */
async function listed(reader, failed) {
  const all = [];
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve(null)));
    if (!some) failed();
    if (!some?.length) return all;
    all.push(...some);
  }
}

function sorted(found, unreadable) {
  const files = found.filter(({ file, way }) => !isHidden(file.name, way));
  return { files, hidden: found.length - files.length, unreadable };
}

/** What systems leave in folders, and nobody means to add. What was picked by itself is meant. */
function isHidden(name, way) {
  const inside = way.length ? [...way.slice(1), name] : [];
  return inside.some((part) => part.startsWith(".") || part === "Thumbs.db" || part === "desktop.ini");
}
