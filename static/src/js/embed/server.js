// What the frame asks of its own server.

/** `{status, said}` of a request for a token; status 0 if nobody answered. */
export async function ask(id, said) {
  try {
    const answer = await post(`/embed/${id}/token`, said);
    return { status: answer.status, said: await answer.json() };
  } catch {
    return { status: 0, said: {} };
  }
}

/** The status of a heartbeat; 0 if nobody answered. */
export async function beat(id, renew, version, played) {
  try {
    return (await post(`/embed/${id}/renew`, { renew, version, played })).status;
  } catch {
    return 0;
  }
}

function post(address, said) {
  return fetch(address, {
    method: "POST",
    body: JSON.stringify(said),
    headers: { "Content-Type": "application/json" },
    keepalive: true,
  });
}

/** Whether every page around this one is on the list, as far as the browser tells. It enforces the same by itself. */
export function seesOnly(listed) {
  if (listed === "*" || !location.ancestorOrigins) return true;
  const entries = listed.split(" ").filter(Boolean);
  return [...location.ancestorOrigins].every(
    (origin) => origin === location.origin || entries.some((entry) => matches(origin, entry)),
  );
}

function matches(origin, entry) {
  const [scheme, host] = entry.split("://");
  if (!host?.startsWith("*.")) return origin === entry;
  const [its, name] = origin.split("://");
  return its === scheme && name.endsWith(host.slice(1)) && name !== host.slice(2);
}
