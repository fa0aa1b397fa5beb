// The SHA-256 of a file of any size, read piece by piece.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const PIECE = 4 << 20; // bytes

/** In hexadecimal. `seen(part)` is told how much of it is read, from 0 to 1; `stopped()` ends it with null. */
export async function sumOf(file, seen, stopped) {
  const sum = sha256.create();
  for (let at = 0; at < file.size; at += PIECE) {
    sum.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    if (stopped()) return null;
    seen(Math.min(1, (at + PIECE) / file.size));
  }
  return bytesToHex(sum.digest());
}
