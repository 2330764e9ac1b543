import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { createTestHome, runCli, type TestHome } from '../support/cli.js';
import { canFakeClients, startFakeClient } from '../support/fake-clients.js';
import { aliceAtStudio, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { readJson } from '../support/stored-accounts.js';

const words = { userId: 'user-alice', accountId: 'home', email: 'alice@example.com' };
const endsIn = (seconds: number, refresh: string, iat = noon / 1000 - 86_400) =>
  sampleAccount('acc_home', { ...words, iat, exp: noon / 1000 + seconds, refresh, lastRefresh: iat * 1000 });

/** Stands still at noon; only a wait for a client, which takes no time, moves it on. */
class SleepCounter implements Clock {
  slept = 0;
  onSleep: (slept: number) => Promise<void> | void = () => undefined;
  now = () => noon;
  monotonicMs = () => this.slept * 1_000;
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < 250) return systemClock.sleep(ms, signal);
    this.slept += ms / 1_000;
    await this.onSleep(this.slept);
    signal?.throwIfAborted();
  }
}

function homeWith(secondsLeft: number): TestHome {
  const home = createTestHome();
  const active = endsIn(secondsLeft, 'rt-old');
  writePool(home, [active, aliceAtStudio], { activeId: active.id });
  writeLogin(home, active);
  return home;
}

async function switchAway(home: TestHome, clock: SleepCounter, argv: readonly string[] = ['acc_studio']) {
  const result = await runCli(home, ['switch', ...argv], {
    clock,
    terminal: { columns: 120 },
    variables: { TERM: 'xterm', NO_COLOR: '1' },
  });
  expect(result.exitCode, result.stderr).toBe(0);
  return { ...result, slept: clock.slept, stored: storedToken(home) };
}

const storedToken = (home: TestHome) =>
  (readJson(home.poolFile)['accounts'] as Record<string, unknown>[])[0]?.['refreshToken'];

describe.skipIf(!canFakeClients)('a switch away from a login that is about to be refreshed', () => {
  test('waits for the client that runs, and keeps what it saved', async () => {
    const home = homeWith(240);
    await startFakeClient(home.codexHome, ['--no-daemon']);
    const clock = new SleepCounter();
    clock.onSleep = (slept) => {
      if (slept === 3) writeLogin(home, endsIn(864_000, 'rt-new', noon / 1000));
    };
    const { slept, stored, stderr, stdout } = await switchAway(home, clock);
    expect({ slept, stored }).toEqual({ slept: 3, stored: 'rt-new' });
    expect(stderr).toContain('Waiting for the official client to refresh alice@example.com, 15 s at most');
    expect(stdout).toContain('Now using alice@example.com (Studio)');
  });

  test('goes on after fifteen seconds', async () => {
    const home = homeWith(240);
    await startFakeClient(home.codexHome, ['--no-daemon']);
    const { slept, stored } = await switchAway(home, new SleepCounter());
    expect({ slept, stored }).toEqual({ slept: 15, stored: 'rt-old' });
  });

  test('goes on when the client ends', async () => {
    const home = homeWith(240);
    const client = await startFakeClient(home.codexHome, ['--no-daemon']);
    const clock = new SleepCounter();
    clock.onSleep = (slept) => {
      return slept === 2 ? client.stop() : undefined;
    };
    const { slept } = await switchAway(home, clock);
    expect(slept).toBe(2);
  });

  test.each([
    ['no client runs', 240, false, ['acc_studio']],
    ['its token lives long', 3_600, true, ['acc_studio']],
    ['its token ended long ago, so that nobody is working with it', -3_600, true, ['acc_studio']],
    ['the same account stays', 240, true, ['acc_home']],
  ])('does not wait when %s', async (_what, secondsLeft, hasClient, argv) => {
    const home = homeWith(secondsLeft);
    if (hasClient) await startFakeClient(home.codexHome, ['--no-daemon']);
    const { slept, stderr } = await switchAway(home, new SleepCounter(), argv);
    expect(slept).toBe(0);
    expect(stderr).not.toContain('Waiting');
  });

  test('can be interrupted, and then has changed nothing', async () => {
    const home = homeWith(240);
    await startFakeClient(home.codexHome, ['--no-daemon']);
    const interruption = new AbortController();
    const clock = new SleepCounter();
    clock.onSleep = () => interruption.abort();
    const before = [readJson(home.authFile), readJson(home.poolFile)];
    const { exitCode } = await runCli(home, ['switch', 'acc_studio'], { clock, signal: interruption.signal });
    expect(exitCode).toBe(130);
    expect([readJson(home.authFile), readJson(home.poolFile)]).toEqual(before);
  });
});
