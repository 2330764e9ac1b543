import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { runJson } from '../support/cli.js';
import { findRealCodex, type RealCodexHome, realCodexHome, runCodex } from '../support/real-codex.js';
import { carol, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

describe.skipIf('missing' in codex)(`a refresh beside the official client${why}`, () => {
  const provider = useProvider();
  let client: RealCodexHome;
  let ours: RefreshHome;
  beforeEach(() => {
    const directory = temporaryDirectory();
    client = realCodexHome(directory, provider);
    ours = new RefreshHome(directory, provider, { codexHome: client.codexHome });
  });

  const exec = () => runCodex(['exec', '--skip-git-repo-check', 'hi'], { home: client });
  const sent = () => provider.requests.refreshes().map(({ body }) => Reflect.get(Object(body), 'refresh_token'));
  const inFile = () => JSON.parse(readFileSync(client.authFile, 'utf8')).tokens.refresh_token;

  it('that came before ours is adopted, and its token is not spent again', async () => {
    const old = await ours.addAccount('a', { ...carol, expiresInSeconds: 200, issuedAt: Date.now() - 900_000 });
    ours.writeAuthFile(old);
    expect((await exec()).exitCode).toBe(0);
    const theirs = inFile();
    expect(theirs).not.toBe(old.refresh_token);
    const { exitCode, document } = await runJson(ours.home, ['check']);
    expect([exitCode, document.data.summary.fine]).toEqual([0, 1]);
    expect(ours.record('a').refreshToken).toBe(theirs);
    expect(sent()).toEqual([old.refresh_token]);
    expect(provider.fateOf(inFile())).toBe('live');
  });

  it('that comes after ours uses the token that we left in auth.json', async () => {
    const old = await ours.addAccount('a', { ...carol, expiresInSeconds: -60 });
    ours.writeAuthFile(old);
    provider.scenario.accessTokenSeconds = 120;
    expect((await runJson(ours.home, ['check'])).exitCode).toBe(0);
    const handedOut = inFile();
    provider.scenario.accessTokenSeconds = 864_000;
    expect((await exec()).exitCode).toBe(0);
    expect(sent()).toEqual([old.refresh_token, handedOut]);

    expect((await runJson(ours.home, ['check'])).document.data.summary.fine).toBe(1);
    expect(ours.record('a').refreshToken).toBe(inFile());
    expect(provider.fateOf(inFile())).toBe('live');
  });

  it('at the same moment is detected, and neither side keeps a copy that the other one could not see', async () => {
    const old = await ours.addAccount('a', { ...carol, expiresInSeconds: -60, issuedAt: Date.now() - 900_000 });
    ours.writeAuthFile(old);
    // Our request reaches the provider first, and is kept waiting there while the client spends the token.
    provider.scenario.on('token', { kind: 'slow', ms: 3_000 }, { times: 1 });
    const check = runJson(ours.home, ['check']);
    await expect.poll(sent, { timeout: 10_000 }).toHaveLength(1);
    expect((await exec()).exitCode).toBe(0);
    const { document } = await check;
    expect(sent().slice(0, 2)).toEqual([old.refresh_token, old.refresh_token]);
    expect(document.data.accounts[0].token.state).toBe('adopted');
    expect(ours.record('a').refreshToken).toBe(inFile());
    expect(ours.flagged()).toEqual([]);
  });
});
