import { linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readClaims } from '../../src/core/accounts/jwt-claims.js';
import { listClients } from '../../src/core/codex/clients.js';
import { codexHomeAt } from '../../src/core/codex/home.js';
import { startAppServer } from '../support/app-server.js';
import { CLIENT_ID } from '../support/provider/client.js';
import type { TokenSet } from '../support/provider/grants.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { approveDevice } from '../support/provider/sign-in.js';
import { findRealCodex, type RealCodexHome, realCodexHome, runCodex } from '../support/real-codex.js';
import { useProvider } from '../support/use-provider.js';

const aliceAtStudio = { email: 'alice@example.com', accountId: '33333333-3333-4333-8333-333333333333' };
const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

describe.skipIf('missing' in codex)(`the official client${why}`, () => {
  const provider = useProvider({ keepsState: true });
  let directory: string;
  let home: RealCodexHome;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'codex-auth-real-'));
    home = realCodexHome(directory, provider);
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
    provider.reset();
  });

  function writeAuthFile(tokens: TokenSet): void {
    const content = {
      auth_mode: 'chatgpt',
      OPENAI_API_KEY: null,
      tokens: {
        ...tokens,
        oauth_provenance: { issuer: provider.issuer, client_id: CLIENT_ID },
        login_owner_id: 'stand-in-login-owner',
        account_id: aliceAtStudio.accountId,
      },
      last_refresh: new Date().toISOString(),
    };
    writeFileSync(home.authFile, JSON.stringify(content, null, 2), { mode: 0o600 });
  }

  const exec = () => runCodex(['exec', '--skip-git-repo-check', 'hi'], { home });

  it('accepts a hand-written auth.json and says so, on stderr, without asking the provider', async () => {
    writeAuthFile(await provider.issueTokens(aliceAtStudio));
    const { exitCode, stdout, stderr } = await runCodex(['login', 'status'], { home });

    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: 'Logged in using ChatGPT\n' });
    expect(provider.requests.all).toEqual([]);
  });

  it('runs a turn as the account that the file names', async () => {
    const tokens = await provider.issueTokens(aliceAtStudio);
    writeAuthFile(tokens);
    const { exitCode, stdout, stderr } = await exec();
    const turns = provider.requests.to(endpointPaths.responses).filter(({ method }) => method === 'POST');

    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('failed to refresh available models');
    expect(stdout).toContain('Hello alice@example.com, from Studio.');
    expect(turns.map(({ headers }) => headers['chatgpt-account-id'])).toEqual([aliceAtStudio.accountId]);
    expect(turns.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${tokens.access_token}`]);
    expect(provider.requests.refreshes()).toEqual([]);
  });

  it('refreshes a token that is about to expire, once, and rewrites the file', async () => {
    const old = await provider.issueTokens({ ...aliceAtStudio, expiresInSeconds: 60 });
    writeAuthFile(old);
    const { exitCode } = await exec();
    const { tokens } = JSON.parse(readFileSync(home.authFile, 'utf8'));

    expect(exitCode).toBe(0);
    expect(provider.requests.refreshes().map(({ status, body }) => ({ status, body }))).toEqual([
      {
        status: 200,
        body: {
          client_id: CLIENT_ID,
          grant_type: 'refresh_token',
          refresh_reason: 'proactive_expiry',
          refresh_token: old.refresh_token,
        },
      },
    ]);
    expect(tokens.refresh_token).not.toBe(old.refresh_token);
    expect(tokens.account_id).toBe(aliceAtStudio.accountId);
    expect(tokens.login_owner_id).toBe('stand-in-login-owner');
    expect(readClaims(tokens.access_token)?.expiresAt).toBeGreaterThan(Date.now() + 86_400_000);
  });

  it('can no longer refresh a login that was revoked', async () => {
    writeAuthFile(await provider.issueTokens({ ...aliceAtStudio, expiresInSeconds: -60 }));
    provider.revokeAccount(aliceAtStudio);
    const { exitCode, stderr } = await exec();

    expect(exitCode).toBe(1);
    expect(stderr).toContain('Please log out and sign in again');
    expect(provider.requests.refreshes().map(({ status }) => status)).toContain(401);
  });

  it('signs in by device code', async () => {
    provider.scenario.deviceInterval = '1';
    const login = runCodex(['login', '--device-auth', '--experimental_issuer', provider.issuer], { home });
    await expect.poll(() => provider.device.pending(), { timeout: 10_000 }).toHaveLength(1);
    for (const userCode of provider.device.pending()) await approveDevice(provider, userCode, aliceAtStudio);
    const { exitCode } = await login;
    const { tokens } = JSON.parse(readFileSync(home.authFile, 'utf8'));

    expect(exitCode).toBe(0);
    expect(tokens.account_id).toBe(aliceAtStudio.accountId);
  });

  it.skipIf(process.platform !== 'linux')('is seen running under whatever name its file has', async () => {
    if ('missing' in codex) throw new Error(codex.missing);
    // The link is made beside the program, because a hard link cannot lead to another file system.
    const links = mkdtempSync(join(dirname(codex.path), 'link-'));
    onTestFinished(() => rmSync(links, { recursive: true }));
    const program = join(links, 'helper');
    linkSync(codex.path, program);
    const server = await startAppServer(home, program);
    onTestFinished(() => server.stop());
    const clients = () => listClients(codexHomeAt(home.codexHome));
    await expect.poll(clients, { timeout: 10_000 }).toMatchObject([{ kind: 'app-server' }]);
    await server.stop();
    expect(clients()).toEqual([]);
  });
});
