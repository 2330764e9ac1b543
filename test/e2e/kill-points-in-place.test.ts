import { existsSync, linkSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { killEverywhere } from '../support/crash/steps.js';
import type { CrashTrial } from '../support/crash/trial.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { said } from '../support/seed.js';
import { directoryInMemory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });

/** Alice, whose login ends soon, in a file of two names, which is therefore written where it is; and Bob. */
async function twoNames(directory: string): Promise<RefreshHome> {
  const codexHome = join(directory, 'codex-home');
  mkdirSync(codexHome, { recursive: true, mode: 0o700 });
  const home = new RefreshHome(directory, provider, { codexHome });
  const issuedAt = Date.now() - 3_600_000;
  home.writeAuthFile(await home.addAccount('acc_alice', { ...alice, issuedAt, expiresInSeconds: 300 }));
  await home.addAccount('acc_bob', { ...bob, issuedAt });
  linkSync(home.home.authFile, join(directory, 'other-name.json'));
  return home;
}

/** The steps around the file itself: from the copy that is kept of it to the end of the note about the write. */
function isAboutFile(step: string): boolean {
  return /(auth|login-write)\.json(\.|$| )/.test(step) && !step.includes('.lock');
}

async function killIn<Outcome>(argv: readonly string[], verify: (home: RefreshHome) => Promise<Outcome>) {
  const trialIn = async (directory: string): Promise<CrashTrial<Outcome>> => {
    const killed = await twoNames(directory);
    const { home } = killed;
    return { home, argv, watched: [home.codexHome, home.root], verify: () => verify(killed) };
  };
  const kills = await killEverywhere(trialIn, { directory: directoryInMemory(), isMeant: isAboutFile });
  for (const { steps } of kills) expect(steps).toContain('write auth.json (half)');
  expect(kills[0].outcomes.length).toBeGreaterThan(8);
  return kills;
}

async function succeed({ home }: RefreshHome, ...argv: string[]): Promise<void> {
  const result = await runCli(home, argv);
  expect(result.exitCode, said(result)).toBe(0);
}

const inFile = (home: RefreshHome) => readFileSync(home.home.authFile, 'utf8');

describe('a login that is written in place, killed at every step of that,', () => {
  it('is the old or the new one after the next command that writes: switch', { timeout: 600_000 }, async () => {
    const [inside] = await killIn(['switch', '2'], async (home) => {
      const torn = inFile(home);
      await succeed(home, 'label', '2', 'work');
      const { refresh_token } = home.authFile().tokens;
      const holder = home.records().find(({ refreshToken }) => refreshToken === refresh_token);
      expect(home.authFile().tokens).toMatchObject({ access_token: holder?.accessToken, id_token: holder?.idToken });
      expect(existsSync(home.root.paths.loginWrite)).toBe(false);
      await succeed(home, 'switch', '2');
      expect(home.authFile().tokens.refresh_token).toBe(home.record('acc_bob').refreshToken);
      return torn === inFile(home) ? 'whole' : 'other';
    });
    expect(new Set(inside.outcomes.map(({ outcome }) => outcome)).size).toBe(2);
  });

  it('has what the refresh brought after the next check', { timeout: 600_000 }, async () => {
    await killIn(['check'], async (home) => {
      await succeed(home, 'check');
      const { refresh_token } = home.authFile().tokens;
      expect([home.record('acc_alice').refreshToken, provider.fateOf(refresh_token)]).toEqual([refresh_token, 'live']);
      expect(existsSync(home.root.paths.loginWrite)).toBe(false);
    });
  });
});
