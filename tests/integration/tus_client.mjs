// Uploads a file with tus-js-client and prints its item: node tus_client.mjs <endpoint> <token> <folder> <file> <cuts>.
// So many times the connection is cut in the middle of a part; it goes on as the page does, by the address it was given.
// A line is printed for each cut.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import * as tus from "tus-js-client";

const [endpoint, token, folder, path, cuts] = process.argv.slice(2);
const { size } = await stat(path);
const PART = 8 * 1024 * 1024;

let left = Number(cuts);
let url = null;
let acknowledged = 0;
let item;

while (!item) item = await once();
console.log(item);

/** Sends until it is whole or cut; the item, once there is one. */
function once() {
  return new Promise((resolve, reject) => {
    const cutAt = left > 0 ? acknowledged + Math.floor(Math.random() * 1.1 * PART) : Infinity;
    const upload = new tus.Upload(createReadStream(path), {
      endpoint: url ? null : endpoint,
      uploadUrl: url,
      uploadSize: size,
      chunkSize: PART,
      retryDelays: Array(40).fill(250),
      headers: { Authorization: `Bearer ${token}` },
      metadata: { filename: basename(path), folder },
      onUploadUrlAvailable: () => {
        url = upload.url;
        // As the page does: with an endpoint it would begin anew at whatever a question is answered with.
        upload.options.endpoint = null;
      },
      onChunkComplete: (_part, accepted) => {
        if (accepted < acknowledged) reject(new Error(`the offset moved back from ${acknowledged} to ${accepted}`));
        acknowledged = accepted;
      },
      onProgress: async (sent) => {
        if (sent < cutAt || left <= 0) return;
        left -= 1;
        console.log("cut");
        await upload.abort();
        resolve(null);
      },
      onError: reject,
      onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader("Location-Item")),
    });
    upload.start();
  });
}
