// The certified provider of panva, for one client, with its own pages to sign in and out; whoever types a name is let in.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const { CLIENT_SECRET, BACK, AFTER, PEOPLE } = process.env;
const people = JSON.parse(PEOPLE);
const server = createServer();

server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "tijdig",
        client_secret: CLIENT_SECRET,
        redirect_uris: [BACK],
        post_logout_redirect_uris: [AFTER],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["groups"] },
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people[id] }) }),
    pkce: { required: () => true },
    cookies: { keys: ["only for tests"] },
  });
  server.on("request", provider.callback());
  console.log(`issuer ${issuer}`);
});
