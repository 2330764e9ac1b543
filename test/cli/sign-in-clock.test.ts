import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { signIn } from '../support/accounts.js';
import { createTestHome, runCli, runJson } from '../support/cli.js';
import { accountsIn } from '../support/login-home.js';
import { alice } from '../support/people-refs.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

const twoDays = 2 * 86_400;

/** The provider's clock against ours, and its tokens short enough for the difference to matter. */
describe.each([
  ['ahead', -twoDays],
  ['behind', twoDays],
])('signing in while our clock is two days %s', (_how, offset) => {
  function setTheClock() {
    provider.scenario.clockOffsetSeconds = offset;
    provider.scenario.accessTokenSeconds = 3_600;
  }

  async function signedIn(way: 'browser' | 'device') {
    setTheClock();
    // The home does not get the clock of the stand-in, which is the one that differs.
    const home = { ...createTestHome(provider), clock: systemClock };
    const before = Date.now();
    if (way === 'browser') await signIn(home, provider, alice);
    else await byDevice(home);
    const [account] = accountsIn(home.poolFile);
    return { home, before, after: Date.now(), expiresAt: Number(account?.['expiresAt']) };
  }

  async function byDevice(home: ReturnType<typeof createTestHome>) {
    provider.scenario.deviceInterval = '0.1';
    const { exitCode } = await runCli(home, ['login', '--device-auth'], {
      onStderr(text) {
        const userCode = /\n {2}([0-9A-F]{4}-[0-9A-F]{4})\n/.exec(text)?.[1];
        if (userCode !== undefined) provider.device.approve(userCode, alice);
      },
    });
    expect(exitCode).toBe(0);
  }

  test.each(['browser', 'device'] as const)('by %s stores the end of the token by our clock', async (way) => {
    const { before, after, expiresAt } = await signedIn(way);
    // A Date header has no fractions of a second.
    expect(expiresAt).toBeGreaterThan(before + 3_590_000);
    expect(expiresAt).toBeLessThan(after + 3_610_000);
  });

  test('leads to no refresh, and the quota that is read at once is shown', async () => {
    const { home } = await signedIn('browser');
    provider.requests.clear();
    expect((await runCli(home, ['check'])).exitCode).toBe(0);
    expect((await runCli(home, ['usage', '--live'])).exitCode).toBe(0);
    expect(provider.requests.to(endpointPaths.token)).toHaveLength(0);
    const { document } = await runJson(home, ['list']);
    expect(document.data.accounts[0].quota.windows).toHaveLength(1);
  });
});
