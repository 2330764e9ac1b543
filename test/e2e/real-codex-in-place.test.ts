import { linkSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runJson } from '../support/cli.js';
import { findRealCodex, realCodexHome, runCodex } from '../support/real-codex.js';
import { carol, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

describe.skipIf('missing' in codex)(`the official client after a login was written in place${why}`, () => {
  const provider = useProvider({ keepsState: true });

  it('uses it, and sends no refresh of its own', async () => {
    const directory = temporaryDirectory();
    const client = realCodexHome(directory, provider);
    const ours = new RefreshHome(directory, provider, { codexHome: client.codexHome });
    const issuedAt = Date.now() - 900_000;
    ours.writeAuthFile(await ours.addAccount('a', { ...carol, expiresInSeconds: 600, issuedAt }));
    linkSync(client.authFile, join(directory, 'other-name.json'));
    const { ino } = statSync(client.authFile);
    expect((await runJson(ours.home, ['check'])).exitCode).toBe(0);
    expect([statSync(client.authFile).ino, provider.requests.refreshes()]).toEqual([ino, [expect.anything()]]);

    const written = readFileSync(client.authFile, 'utf8');
    expect((await runCodex(['login', 'status'], { home: client })).exitCode).toBe(0);
    expect((await runCodex(['exec', '--skip-git-repo-check', 'hi'], { home: client })).exitCode).toBe(0);
    expect(provider.requests.refreshes()).toHaveLength(1);
    expect(readFileSync(client.authFile, 'utf8')).toBe(written);
  });
});
