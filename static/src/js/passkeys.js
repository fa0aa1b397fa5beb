// [data-passkey="/where/to/ask"] holds a button inside a form. It asks the server what is to be signed, has a passkey
// sign it, adds the answer to the form, and sends it: the server answers with a page, as ever.
// [data-for] says what it is for; with [data-autofill] browsers also offer passkeys in the form's field for the email.
import { found } from "./enliven.js";

const AFRESH = 4 * 60_000; // milliseconds; the server takes an answer for five minutes

export function passkeys(root) {
  for (const part of found(root, "[data-passkey]")) {
    const button = part.querySelector("button");
    part.hidden = false;
    if (!window.PublicKeyCredential) {
      if (part.dataset.for === "sign-in") part.hidden = true;
      else unable(part, button);
      continue;
    }
    let waiting = null;
    button.addEventListener("click", async () => {
      waiting?.abort();
      say(part, "");
      button.setAttribute("aria-disabled", "true");
      try {
        await send(part, await ask(part));
      } catch (error) {
        say(part, sentence(part, error));
      } finally {
        button.removeAttribute("aria-disabled");
      }
    });
    if ("autofill" in part.dataset) {
      offer(part, () => (waiting = new AbortController()));
    }
  }
}

/** What the passkey said, and the ticket of what it was asked. */
async function ask(part, more = {}) {
  const { options, ticket } = await fetchOptions(part);
  const make = part.dataset.for === "add";
  const publicKey = make ? toCreate(options) : toGet(options);
  const credential = await navigator.credentials[make ? "create" : "get"]({ publicKey, ...more });
  return { answer: JSON.stringify(asJson(credential)), ticket };
}

async function fetchOptions(part) {
  const body = new URLSearchParams({ csrf_token: form(part).elements.csrf_token.value, for: part.dataset.for });
  const response = await fetch(part.dataset.passkey, { method: "POST", body, headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (response.ok) return answer;
  // Who has to prove first who they are is led there by the page itself.
  if (response.status === 403 && part.dataset.for === "add") location.reload();
  throw new Refused(answer.detail);
}

class Refused extends Error {}

function send(part, { answer, ticket }) {
  add(part, part.dataset.answer, answer);
  add(part, part.dataset.ticket, ticket);
  const password = form(part).elements.password;
  if (password) password.disabled = true; // typed or filled in: it is not needed
  form(part).dataset.sent = "yes"; // shown again from the browser's memory, the page is loaded anew
  form(part).submit(); // as it is: fields for the other ways may be empty
}

function add(part, name, value) {
  part.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
}

/** Passkeys in the list that browsers show at the field for the email, for as long as the page is open. */
async function offer(part, begin) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  for (;;) {
    const waiting = begin();
    const timer = setTimeout(() => waiting.abort("afresh"), AFRESH);
    try {
      await send(part, await ask(part, { mediation: "conditional", signal: waiting.signal }));
      return;
    } catch {
      if (waiting.signal.reason !== "afresh") return; // the button, or the browser: whoever wants to goes on with the button
    } finally {
      clearTimeout(timer);
    }
    if (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
  }
}

function form(part) {
  return part.closest("form");
}

function say(part, text) {
  const problem = part.querySelector("[data-problem]");
  problem.textContent = text;
  problem.classList.toggle("d-block", text !== "");
}

function unable(part, button) {
  button.hidden = true;
  say(part, part.dataset.unable);
}

function sentence(part, error) {
  if (error instanceof Refused) return error.message;
  if (error.name === "InvalidStateError") return part.dataset.known;
  if (error.name === "NotSupportedError" || error.name === "SecurityError") return part.dataset.unable;
  return part.dataset.nothing;
}

// What newer browsers do themselves (WebAuthn level 3, 5.1.9 and 5.1.10).

function toGet(options) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return { ...options, challenge: bytes(options.challenge), allowCredentials: described(options.allowCredentials) };
}

function toCreate(options) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  };
}

function described(credentials = []) {
  return credentials.map((each) => ({ ...each, id: bytes(each.id) }));
}

function asJson(credential) {
  // Some keepers of passkeys put an object of their own in the browser's place, which has no such method.
  if (typeof credential.toJSON === "function") return credential.toJSON();
  const { id, rawId, type, response } = credential;
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    parts.attestationObject = text(response.attestationObject);
    parts.transports = response.getTransports?.() ?? [];
  } else {
    parts.authenticatorData = text(response.authenticatorData);
    parts.signature = text(response.signature);
    if (response.userHandle) parts.userHandle = text(response.userHandle);
  }
  return { id, rawId: text(rawId), type, response: parts, clientExtensionResults: {} };
}

function bytes(letters) {
  return Uint8Array.from(atob(letters.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const letters = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
