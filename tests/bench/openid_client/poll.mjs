// Pending logins of openid-client, the usual Node.js library for CIBA, all polling at once: what a program would
// write by its README. What a login costs is told on standard output.
//
// usage: node poll.mjs ISSUER LOGINS WARM_UP_SECONDS SECONDS

import * as client from 'openid-client';

const [issuer, logins, warmUp, seconds] = process.argv.slice(2);
const config = await client.discovery(
  new URL(issuer), 'bench', undefined, client.ClientSecretBasic('bench-secret'));

let polls = 0;
config[client.customFetch] = (url, options) => {
  polls += 1;
  return fetch(url, options);
};

for (let i = 0; i < Number(logins); i += 1) {
  const asked = { auth_req_id: 'd6ff2d7cd0d4ba19cf01c79e7a8cb8d5', expires_in: 3600, interval: 1 };
  client.pollBackchannelAuthenticationGrant(config, asked).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}

await new Promise((resolve) => setTimeout(resolve, Number(warmUp) * 1000));
const before = { polls, cpu: process.cpuUsage(), at: performance.now() };
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
const cpu = process.cpuUsage(before.cpu);
console.log(JSON.stringify({
  requests: polls - before.polls,
  cpu_seconds: (cpu.user + cpu.system) / 1e6,
  seconds: (performance.now() - before.at) / 1000,
  rss_bytes: process.memoryUsage.rss(),
}));
process.exit(0);
