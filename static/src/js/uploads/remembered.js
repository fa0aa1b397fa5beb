// What this browser remembers of uploads that are not whole: where they go on. The files themselves it may not keep.
const NAME = "privmedia-uploads";
const STORE = "uploads";

let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function ask(mode, verb) {
  try {
    const store = (await open()).transaction(STORE, mode).objectStore(STORE);
    return await new Promise((resolve, reject) => {
      const request = verb(store);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return undefined; // private windows of some browsers keep nothing: uploads work, they only cannot go on another day
  }
}

/** By what a file is known when it is chosen again, for one person and folder. */
export function keyOf(person, folder, { name, size, lastModified }) {
  return [person, folder, name, size, lastModified].join("/");
}

/** What a tab holds in this browser while it sends a file. */
export const lockOf = (key) => `upload ${key}`;

export const remember = (upload) => ask("readwrite", (store) => store.put(upload));
export const forget = (key) => ask("readwrite", (store) => store.delete(key));
export const remembered = async () => (await ask("readonly", (store) => store.getAll())) ?? [];
