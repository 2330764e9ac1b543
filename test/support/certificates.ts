import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary.js';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export interface Certificates {
  /** The authority's certificate, which a client has to trust. */
  readonly caFile: string;
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** Makes an authority, and a certificate of it for 127.0.0.1 and localhost. */
export function makeCertificates(): Certificates {
  const directory = temporaryDirectory();
  const path = (name: string) => join(directory, name);
  const openssl = (...argv: string[]) => execFileSync('openssl', argv, { stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const caKey = path('ca-key.pem');
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    '/CN=An authority',
    '-keyout',
    caKey,
    '-out',
    path('ca.pem'),
  );
  openssl('req', ...newKey, '-subj', '/CN=127.0.0.1', '-keyout', path('key.pem'), '-out', path('request.pem'));
  writeFileSync(path('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const signing = ['-CA', path('ca.pem'), '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', path('names')];
  openssl('x509', '-req', '-in', path('request.pem'), ...signing, '-out', path('cert.pem'));
  return { caFile: path('ca.pem'), key: readFileSync(path('key.pem')), cert: readFileSync(path('cert.pem')) };
}
