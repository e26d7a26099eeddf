// A certificate authority made for one run, and a certificate of it for localhost: cibad verifies TLS
// always, so the provider needs one that cibad can be told to trust (`ca_file`).

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const VALID_DAYS = '2';

function openssl(...args) {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function makeKey(file) {
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file);
}

// Writes ca.pem into `dir`, and gives the key and certificate to serve https://localhost with.
export function makeCertificate(dir) {
  const file = (name) => join(dir, name);
  makeKey(file('ca.key'));
  openssl('req', '-x509', '-new', '-key', file('ca.key'), '-subj', '/CN=Interop test CA', '-days', VALID_DAYS,
    '-addext', 'keyUsage=critical,keyCertSign', '-out', file('ca.pem'));

  makeKey(file('server.key'));
  openssl('req', '-new', '-key', file('server.key'), '-subj', '/CN=localhost', '-out', file('server.csr'));
  writeFileSync(file('server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n');
  openssl('x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'),
    '-CAcreateserial', '-days', VALID_DAYS, '-extfile', file('server.ext'), '-out', file('server.pem'));
  return { key: readFileSync(file('server.key')), cert: readFileSync(file('server.pem')) };
}
