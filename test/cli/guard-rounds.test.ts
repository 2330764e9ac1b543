import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type CliOptions, runCli } from '../support/cli.js';
import { refused } from '../support/provider/faults.js';
import { alice, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import { noon } from '../support/sample-pool.js';
import { emptyHome, known, said, setProviderToNoon, twoHome } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';
import { type VirtualClockOptions, virtualClock } from '../support/virtual-clock.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A guard for so long from noon, for which time flies. */
async function guardFor(
  { home }: RefreshHome,
  lengthMs: number,
  onSleep?: VirtualClockOptions['onSleep'],
  options: CliOptions = {},
) {
  const clock = virtualClock({ start: noon, lengthMs, provider, ...(onSleep === undefined ? {} : { onSleep }) });
  const result = await runCli(home, ['guard', '--json'], { ...options, clock, signal: clock.signal });
  const { data } = JSON.parse(result.stdout);
  return { ...result, data, clock };
}

/** When each refresh came in, in minutes after noon. */
const refreshedAt = () => provider.requests.refreshes().map(({ receivedAt }) => (receivedAt - noon) / minuteMs);
/** Calls once, at the first sleep after so many milliseconds. */
function once(afterMs: number, action: () => void): NonNullable<VirtualClockOptions['onSleep']> {
  let isDone = false;
  return (sinceStartMs) => {
    if (isDone || sinceStartMs < afterMs) return;
    isDone = true;
    action();
  };
}

describe('guard sleeps', () => {
  test('while nothing is due: a week is one round, and nobody is asked', async () => {
    const { data, clock } = await guardFor(await twoHome(provider), 7 * 24 * hourMs);
    expect(data).toMatchObject({ rounds: 1, failed: 0, refreshed: 0 });
    expect(provider.requests.all).toEqual([]);
    // Between its sleeps, of a minute at most, the guard only looks at the clock.
    expect(Math.min(...clock.sleeps.map(([, ms]) => ms))).toBeGreaterThan(0);
    expect(clock.sleeps.length).toBeLessThan(7 * 24 * 60 + 10);
  });

  test('until the token of each is due, and refreshes that one only', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: 3_600 }, known);
    await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: 7_200 }, known);
    const { data } = await guardFor(seeded, 3 * hourMs);
    expect(data).toMatchObject({ rounds: 3, refreshed: 2 });
    const [first = 0, second = 0] = refreshedAt();
    expect(first).toBeGreaterThan(54.9);
    expect(first).toBeLessThan(57);
    expect(second).toBeGreaterThan(114.9);
    expect(second).toBeLessThan(117);
  });

  test('and wakes up when another program adds an account that is due', async () => {
    const seeded = await twoHome(provider);
    const tokens = await provider.issueTokens({ ...bob, expiresInSeconds: 3_600 });
    const add = once(2 * hourMs, () => seeded.addRecord('acc_bob', tokens, known));
    const { data } = await guardFor(seeded, 4 * hourMs, add);
    expect(data).toMatchObject({ refreshed: 1 });
    expect(refreshedAt()[0]).toBeLessThan(123);
  });
});

describe('guard refreshes the login of every home ahead of the client', () => {
  test('also that of an account which the person has disabled, and of another home', async () => {
    const seeded = emptyHome(provider);
    const inUse = await seeded.addAccount(
      'acc_home',
      { ...alice, expiresInSeconds: 3_600 },
      { ...known, enabled: false },
    );
    seeded.writeAuthFile(inUse);
    await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: 3_600 }, known);
    const other = join(seeded.home.directory, 'second');
    mkdirSync(other);
    const variables = { CODEX_HOME: other, CODEX_MULTI_AUTH_DIR: seeded.home.root };
    const at = virtualClock({ start: noon, lengthMs: hourMs });
    const switched = await runCli(seeded.home, ['switch', 'carol@example.com'], { clock: at, variables });
    expect(switched.exitCode, switched.stderr).toBe(0);
    await guardFor(seeded, hourMs);
    const times = refreshedAt();
    expect(times).toHaveLength(2);
    // Each is refreshed between fifteen minutes and six before its end.
    for (const time of times) {
      expect(time).toBeGreaterThan(44.9);
      expect(time).toBeLessThan(53);
    }
    const { refresh_token } = JSON.parse(readFileSync(join(other, 'auth.json'), 'utf8')).tokens;
    expect(refresh_token).toBe(seeded.record('acc_carol').refreshToken);
    expect(seeded.authFile().tokens.refresh_token).toBe(seeded.record('acc_home').refreshToken);
  });
});

describe('after', () => {
  async function dueHome() {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: 3_600 }, known);
    await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: 3_700 }, known);
    return seeded;
  }

  test('a suspend that the tokens did not outlive there is one round, and each is refreshed once', async () => {
    const seeded = await dueHome();
    let clock: ReturnType<typeof virtualClock> | undefined;
    const sleep = once(10 * minuteMs, () => clock?.suspend(9 * hourMs));
    const { data } = await guardFor(seeded, 12 * hourMs, (since, each) => {
      clock = each;
      sleep(since, each);
    });
    expect(data).toMatchObject({ rounds: 2, refreshed: 2, failed: 0 });
    const [first = 0, second = 0] = refreshedAt();
    // At the next look at the clock, which is a minute away at most.
    expect(first).toBeLessThan(9 * 60 + 12.5);
    expect(second).toBeLessThan(9 * 60 + 13);
  });

  test('a clock that jumps a day and comes back each token is sent once', async () => {
    const seeded = await dueHome();
    let clock: ReturnType<typeof virtualClock> | undefined;
    const forward = once(10 * minuteMs, () => clock?.set(24 * hourMs));
    const back = once(20 * minuteMs, () => clock?.set(-24 * hourMs));
    const { data } = await guardFor(seeded, 6 * hourMs, (since, each) => {
      clock = each;
      forward(since, each);
      back(since, each);
    });
    expect(data).toMatchObject({ refreshed: 2, failed: 0 });
    expect(provider.requests.refreshes()).toHaveLength(2);
    for (const id of ['acc_home', 'acc_carol'])
      expect(provider.fateOf(seeded.record(id).refreshToken ?? '')).toBe('live');
  });

  test('hours without a network all are refreshed soon, and nobody knocked all the time', async () => {
    const seeded = await dueHome();
    const away = { kind: 'status', status: 503, body: 'away' } as const;
    provider.scenario.on('token', away);
    const back = once(6 * hourMs, () => provider.scenario.off('token'));
    const { data } = await guardFor(seeded, 7 * hourMs, back);
    expect(data).toMatchObject({ refreshed: 2 });
    const answered = provider.requests.refreshes().filter(({ status }) => status === 200);
    expect(answered).toHaveLength(2);
    for (const { receivedAt } of answered) expect(receivedAt - noon).toBeLessThan(6 * hourMs + 20 * minuteMs);
    // Five hours, in which each token is sent every quarter of an hour at most.
    expect(provider.requests.refreshes().length).toBeLessThan(2 * (5 * 4 + 8));
  });

  test('a machine without a network for hours all are refreshed soon', async () => {
    const seeded = await dueHome();
    const { home } = seeded;
    const nowhere = {
      CODEX_AUTH_ISSUER: home.variables['CODEX_AUTH_ISSUER'] ?? '',
      https_proxy: '',
      http_proxy: 'http://127.0.0.1:9',
    };
    const { data, clock } = await guardFor(seeded, 3 * hourMs, undefined, { variables: nowhere });
    expect(data.refreshed + data.failed).toBeGreaterThan(1);
    expect(clock.sleeps.length).toBeLessThan(3 * 60 + 100);
  });

  test('a root that has moved it ends, and makes no new one under the old name', async () => {
    const seeded = await dueHome();
    const { root, directory } = seeded.home;
    const move = once(10 * minuteMs, () => {
      renameSync(root, join(directory, 'elsewhere'));
      mkdirSync(root);
    });
    const clock = virtualClock({ start: noon, lengthMs: 3 * hourMs, provider, onSleep: move });
    const result = await runCli(seeded.home, ['guard'], { clock, signal: clock.signal });
    expect(result.exitCode).toBe(6);
    expect(said(result)).toContain('has been moved or removed while it was guarded');
    expect(provider.requests.refreshes()).toEqual([]);
  });

  test('settings that were changed it goes by the new ones', async () => {
    const seeded = await dueHome();
    const settings = join(seeded.home.root, 'settings.json');
    const change = once(10 * minuteMs, () =>
      writeFileSync(settings, '{"version":1,"pluginConfig":{"proactiveRefreshBufferMs":2400000}}'),
    );
    await guardFor(seeded, 30 * minuteMs, change);
    expect(refreshedAt()[0]).toBeLessThan(27);
  });
});

test('an account in trouble is asked less and less often', async () => {
  const seeded = emptyHome(provider);
  await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: 60 }, known);
  provider.scenario.on('token', refused(503, 'overloaded'));
  await guardFor(seeded, 2 * hourMs);
  const times = refreshedAt();
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(pauses.length).toBeGreaterThan(5);
  expect(pauses.length).toBeLessThan(16);
  expect(Math.max(...pauses)).toBeLessThan(18);
  expect(Math.min(...pauses)).toBeGreaterThan(0.9);
});
