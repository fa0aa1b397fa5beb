// Signs players for the people of an intranet. Node.js 18 or later, without a package.
import { createHmac, randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";

/** What the library expects: HMAC-SHA256 over seven lines, in hexadecimal digits. */
export function signature({ secret, key, item, kind, label, expires, nonce }) {
  const text = ["privmedia-embed-v1", key, item, kind, label, String(expires), nonce].join("\n");
  return createHmac("sha256", secret).update(text, "utf8").digest("hex");
}

/** The `src` of the player's <iframe>, for one person and one load of the page. `kind` is "user" or "group". */
export function signedAddress({ site, embed, item, key, secret, label, kind = "user", lasts = 4 * 3600 }) {
  const expires = Math.floor(Date.now() / 1000) + lasts;
  const nonce = randomBytes(18).toString("base64url");
  const signed = signature({ secret, key, item, kind, label, expires, nonce });
  const said = new URLSearchParams({ key, item, [kind]: label, expires, nonce, signature: signed });
  return `${site}/embed/${embed}#${said}`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  // node sign.mjs EMBED ITEM "Jonas Bakke"
  const [embed, item, label] = process.argv.slice(2);
  const { PRIVMEDIA_URL: site, PRIVMEDIA_KEY: key, PRIVMEDIA_SECRET: secret } = process.env;
  console.log(signedAddress({ site, embed, item, key, secret, label }));
}
