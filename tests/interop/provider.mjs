// Starts oidc-provider, an OpenID-certified provider that others wrote, as a CIBA provider for cibad on a
// free port of loopback: what cibad does is checked against somebody else's reading of the standard too.
//
//   node provider.mjs --dir DIR [--signing-algorithm RS256|ES256]
//                     [--auth-method client_secret_basic|client_secret_post] [--expires-in SECONDS]
//
// Writes a certificate authority and, last and complete, DIR/cibad.toml; then prints `ready ISSUER`. The phone
// number decides what the customer does (customers.mjs). GET ISSUER/interop/logins tells what the client
// did (observer.mjs). SIGTERM ends it.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import Provider, { errors } from 'oidc-provider';

import { makeCertificate } from './certificate.mjs';
import { accountOfLoginHint, claimsOf, CLAIMS_OF_SCOPES, Deed, deedOf } from './customers.mjs';
import { Observer } from './observer.mjs';

const CLIENT_ID = 'interop-till';
// With characters that a client must encode in HTTP Basic and in a form (RFC 6749, 2.3.1).
const CLIENT_SECRET = 'secret:of+the%till&=/';

const { values: options } = parseArgs({
  options: {
    dir: { type: 'string' },
    'signing-algorithm': { type: 'string', default: 'RS256' },
    'auth-method': { type: 'string', default: 'client_secret_basic' },
    'expires-in': { type: 'string', default: '120' },
  },
});
if (!options.dir) throw new Error('--dir is missing');
const dir = resolve(options.dir);
const expiresInSeconds = Number(options['expires-in']);

const observer = new Observer();

// Signing keys of both kinds, so that the client has to pick the right one by its `kid`.
function makeJwks() {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    keys: [
      { ...rsa.privateKey.export({ format: 'jwk' }), kid: 'public:rsa', use: 'sig', alg: 'RS256' },
      { ...ec.privateKey.export({ format: 'jwk' }), kid: 'public:ec', use: 'sig', alg: 'ES256' },
    ],
  };
}

async function approve(provider, request) {
  const grant = new provider.Grant({ accountId: request.accountId, clientId: request.clientId });
  grant.addOIDCScope(request.scope);
  await grant.save();
  await provider.backchannelResult(request, grant, { authTime: Math.floor(Date.now() / 1000) });
}

const ciba = {
  enabled: true,
  deliveryModes: ['poll'],
  processLoginHint: (ctx, loginHint) => accountOfLoginHint(loginHint),
  processLoginHintToken: () => undefined,
  verifyUserCode: () => undefined,
  validateRequestContext: () => undefined,
  validateBindingMessage: (ctx, message) => {
    if (message !== undefined && !/^[A-Z0-9-]{5,8}$/.test(message)) {
      throw new errors.InvalidBindingMessage('5 to 8 of A-Z, 0-9 and - are allowed');
    }
  },
  triggerAuthenticationDevice: async (ctx, request) => {
    observer.acknowledged(request.jti, request.params);
    if (deedOf(request.accountId) === Deed.APPROVE_AT_ONCE) await approve(ctx.oidc.provider, request);
  },
};

function makeProvider(issuer) {
  const provider = new Provider(issuer, {
    clients: [{
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      token_endpoint_auth_method: options['auth-method'],
      grant_types: ['urn:openid:params:grant-type:ciba'],
      response_types: [],
      redirect_uris: [],
      backchannel_token_delivery_mode: 'poll',
      id_token_signed_response_alg: options['signing-algorithm'],
    }],
    jwks: makeJwks(),
    scopes: Object.keys(CLAIMS_OF_SCOPES),
    claims: CLAIMS_OF_SCOPES,
    findAccount: (ctx, accountId) => ({ accountId, claims: () => claimsOf(accountId) }),
    cookies: { keys: [randomUUID()] },
    features: { ciba, devInteractions: { enabled: false } },
    ttl: {
      AccessToken: 300,
      BackchannelAuthenticationRequest: expiresInSeconds,
      Grant: 300,
      IdToken: 300,
    },
  });
  provider.use(watchPolls);
  return provider;
}

// What customers do who wait until the till has been told `authorization_pending` once.
async function afterPending(provider, authReqId) {
  const request = await provider.BackchannelAuthenticationRequest.find(authReqId);
  const deed = request && deedOf(request.accountId);
  if (deed === Deed.APPROVE_ONCE_PENDING) await approve(provider, request);
  if (deed === Deed.DENY_ONCE_PENDING) {
    await provider.backchannelResult(request, new errors.AccessDenied('the customer said no'));
  }
}

async function watchPolls(ctx, next) {
  if (ctx.method !== 'POST' || ctx.path !== '/token') {
    await next();
    return;
  }
  const arrivedMs = performance.now();
  await next();
  const authReqId = ctx.oidc?.params?.auth_req_id;
  observer.polled(authReqId, arrivedMs, performance.now(), ctx.body.error);
  if (ctx.body.error === 'authorization_pending') await afterPending(ctx.oidc.provider, authReqId);
}

// The same keys that the sandbox writes. The file appears whole: whoever sees it may read it.
function writeConfig(issuer) {
  const secretFile = join(dir, 'client-secret');
  writeFileSync(secretFile, CLIENT_SECRET, { mode: 0o600 });
  const config = join(dir, 'cibad.toml');
  writeFileSync(`${config}.new`, `[listen]
grpc = ["unix:${join(dir, 'cibad.sock')}"]

[provider]
issuer = "${issuer}"
ca_file = "${join(dir, 'ca.pem')}"

[[caller]]
name = "everyone"
listeners = ["unix:${join(dir, 'cibad.sock')}"]
rpcs = ["*"]
sales_units = ["*"]
scopes = ["*"]

[[sales_unit]]
msn = "123456"
client_id = "${CLIENT_ID}"
client_secret_file = "${secretFile}"
auth_method = "${options['auth-method']}"

[store]
path = "${join(dir, 'cibad.db')}"
key_file = "${join(dir, 'cibad.key')}"

[log]
level = "info"
`);
  renameSync(`${config}.new`, config);
}

mkdirSync(dir, { recursive: true });
const server = createServer(makeCertificate(dir));
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://localhost:${server.address().port}`;
  const handle = makeProvider(issuer).callback();
  server.on('request', (request, response) => {
    if (request.url === '/interop/logins') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(observer.report()));
    } else {
      handle(request, response);
    }
  });
  writeConfig(issuer);
  console.log(`ready ${issuer}`);
});
process.on('SIGTERM', () => process.exit(0));
