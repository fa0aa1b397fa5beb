// An identity provider of people whose names, addresses and groups the tests set: node oidc_provider.mjs <port> <client, as JSON>.
// It prints "ready", then reads from its input, a line each, accounts as JSON; an account of null has left.
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const [port, client] = [Number(process.argv[2]), JSON.parse(process.argv[3])];
const accounts = new Map();
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [client],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  scopes: ["openid", "email", "profile", "groups"],
  conformIdTokenClaims: false,
  // Its own refuses this machine, where the tests listen.
  fetch: (address, { dispatcher: _refusing, ...options }) => globalThis.fetch(address, options),
  cookies: { keys: ["for the tests"] },
  features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  findAccount: (_context, id) =>
    accounts.get(id) ? { accountId: id, claims: () => ({ sub: id, ...accounts.get(id) }) } : undefined,
  async loadExistingGrant(context) {
    const grant = new context.oidc.provider.Grant({
      clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile groups");
    await grant.save();
    return grant;
  },
});

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, claims } = JSON.parse(line);
  accounts.set(id, claims);
  console.log("known");
}).on("close", () => process.exit(0));
provider.listen(port, "127.0.0.1", () => console.log("ready"));
