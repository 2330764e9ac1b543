import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Certificates, hasOpenssl, makeCertificates } from '../support/certificates.js';
import { type CliOptions, runCli, runJson } from '../support/cli.js';
import { alice } from '../support/refresh-home.js';
import { atNoon, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';
import { listen } from '../unit/http/loopback-servers.js';

const provider = useProvider({ keepsState: true });
beforeEach(() => setProviderToNoon(provider));

/** The stand-in behind TLS, with a certificate that nobody knows. */
async function startTls({ key, cert }: Certificates): Promise<string> {
  const { hostname, port } = new URL(provider.issuer);
  const server = createServer({ key, cert }, (incoming, answer) => {
    const { method, url: path, headers } = incoming;
    const forwarded = request({ hostname, port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    incoming.pipe(forwarded);
  });
  return `https://127.0.0.1:${await listen(server)}`;
}

/** An account of the stand-in, which a run reaches through TLS only. */
async function homeBehindTls(certificates: Certificates) {
  const address = await startTls(certificates);
  const seeded = emptyHome(provider);
  await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: -60 }, { ...known, provenance: undefined });
  const variables = { CODEX_AUTH_ISSUER: address, CODEX_AUTH_BACKEND_URL: `${address}/backend-api` };
  const withAuthority = (caFile: string): CliOptions => ({
    ...atNoon,
    variables: { ...variables, CODEX_CA_CERTIFICATE: caFile },
  });
  return { seeded, withAuthority };
}

describe.skipIf(!hasOpenssl)('CODEX_CA_CERTIFICATE', () => {
  test('lets in what an authority of one’s own has signed, for tokens and for quota', async () => {
    const certificates = makeCertificates();
    const { seeded, withAuthority } = await homeBehindTls(certificates);
    const without = await runCli(seeded.home, ['check', '--live'], withAuthority(''));
    expect(without.exitCode).toBe(5);
    expect(said(without)).toMatch(/the TLS handshake with 127\.0\.0\.1:\d+ failed \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/);
    const known = await runCli(seeded.home, ['check', '--live'], withAuthority(certificates.caFile));
    expect(said(known)).toContain('token refreshed');
    expect(said(known)).toContain('% left');
    expect(known.exitCode).toBe(0);
  });

  test.each<[string, string | undefined, RegExp]>([
    ['is not there', undefined, /, which cannot be read \(no such file or directory\)$/],
    ['holds no certificate', 'hello', /, which holds no certificate in PEM form$/],
    [
      'holds a damaged one',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      /, which holds a damaged certificate$/,
    ],
  ])('that names a file which %s ends a command with 2, and doctor says so', async (_name, content, message) => {
    const file = join(temporaryDirectory(), 'ca.pem');
    if (content !== undefined) writeFileSync(file, content);
    const { seeded, withAuthority } = await homeBehindTls(makeCertificates());
    const { exitCode, document } = await runJson(seeded.home, ['usage', '--live'], withAuthority(file));
    expect(exitCode).toBe(2);
    expect(document.error.message).toMatch(message);
    expect(document.error.message).toContain(`CODEX_CA_CERTIFICATE names ${file}`);
    expect((await runCli(seeded.home, ['list'], withAuthority(file))).exitCode).toBe(0);
    const doctor = await runJson(seeded.home, ['doctor'], withAuthority(file));
    const row = doctor.document.data.checks.find(({ id }: { id: string }) => id === 'reachability');
    expect(row).toMatchObject({
      status: 'error',
      message: expect.stringContaining(`CODEX_CA_CERTIFICATE names ${file}`),
    });
    expect(row.commands).toEqual([expect.stringContaining('unset CODEX_CA_CERTIFICATE')]);
  });
});
