import { existsSync, linkSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBuilt } from '../support/built.js';
import { inParallel } from '../support/parallel.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.stop());

const preload = ['kill-at-step.mjs'];

/** Alice, whose login ends soon, in a file of two names, which is therefore written where it is; and Bob. */
async function twoNames(): Promise<RefreshHome> {
  const directory = temporaryDirectory();
  const codexHome = join(directory, 'codex-home');
  mkdirSync(codexHome, { mode: 0o700 });
  const home = new RefreshHome(directory, provider, { codexHome });
  const issuedAt = Date.now() - 3_600_000;
  home.writeAuthFile(await home.addAccount('acc_alice', { ...alice, issuedAt, expiresInSeconds: 300 }));
  await home.addAccount('acc_bob', { ...bob, issuedAt });
  linkSync(home.home.authFile, join(directory, 'other-name.json'));
  return home;
}

const watched = ({ home }: RefreshHome) => [home.codexHome, home.root].join(delimiter);

async function killed(home: RefreshHome, command: string, step: number): Promise<void> {
  const variables = { KILL_AT_UNDER: watched(home), KILL_AT_STEP: String(step) };
  const { signal, stderr } = await runBuilt(home.home, command.split(' '), { preload, variables });
  expect(signal, stderr).toBe('SIGKILL');
}

/** The steps around the file itself: from the copy that is kept of it to the end of the note about the write. */
async function stepsInPlace(command: string): Promise<number[]> {
  const home = await twoNames();
  const log = join(home.home.directory, 'steps.json');
  const variables = { KILL_AT_UNDER: watched(home), KILL_AT_LOG: log };
  expect(await runBuilt(home.home, command.split(' '), { preload, variables })).toMatchObject({ exitCode: 0 });
  const steps: string[] = JSON.parse(readFileSync(log, 'utf8')).steps;
  const isPart = (step: string) => /(auth|login-write)\.json(\.|$| )/.test(step) && !step.includes('.lock');
  const numbers = steps.flatMap((step, index) => (isPart(step) ? [index + 1] : []));
  expect(steps).toContain('write auth.json (half)');
  expect(numbers.length).toBeGreaterThan(8);
  return numbers;
}

const label = (home: RefreshHome) => runBuilt(home.home, ['label', '2', 'work']);
const inFile = (home: RefreshHome) => readFileSync(home.home.authFile, 'utf8');

describe('a login that is written in place, killed at every step of that,', () => {
  it('is the old or the new one after the next command that writes: switch', { timeout: 180_000 }, async () => {
    const steps = await stepsInPlace('switch 2');
    const outcomes = await inParallel(2, steps, async (step) => {
      const home = await twoNames();
      await killed(home, 'switch 2', step);
      const torn = inFile(home);
      expect(await label(home)).toMatchObject({ exitCode: 0 });
      const { refresh_token } = home.authFile().tokens;
      const holder = home.records().find(({ refreshToken }) => refreshToken === refresh_token);
      expect(home.authFile().tokens).toMatchObject({ access_token: holder?.accessToken, id_token: holder?.idToken });
      expect(existsSync(home.root.paths.loginWrite)).toBe(false);
      expect(await runBuilt(home.home, ['switch', '2'])).toMatchObject({ exitCode: 0 });
      expect(home.authFile().tokens.refresh_token).toBe(home.record('acc_bob').refreshToken);
      return torn === inFile(home) ? 'whole' : 'other';
    });
    expect(new Set(outcomes).size).toBe(2);
  });

  it('has what the refresh brought after the next check', { timeout: 180_000 }, async () => {
    const steps = await stepsInPlace('check');
    await inParallel(2, steps, async (step) => {
      const home = await twoNames();
      await killed(home, 'check', step);
      expect(await runBuilt(home.home, ['check'])).toMatchObject({ exitCode: 0 });
      const { refresh_token } = home.authFile().tokens;
      expect([home.record('acc_alice').refreshToken, provider.fateOf(refresh_token)]).toEqual([refresh_token, 'live']);
      expect(existsSync(home.root.paths.loginWrite)).toBe(false);
    });
  });
});
