import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { guardCommand } from '../../src/cli/commands/guard.js';
import { eventNames } from '../../src/core/event-names.js';
import { readEvents } from '../../src/core/events/event-log.js';
import { type CliOptions, createTestHome, runCli } from '../support/cli.js';
import { eventsTold, keepingHook } from '../support/event-hook.js';
import { fakeNotifier } from '../support/fake-notifier.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { alice, carol, type RefreshHome } from '../support/refresh-home.js';
import { noon } from '../support/sample-pool.js';
import {
  at,
  atNoon,
  dataOf,
  emptyHome,
  known,
  said,
  setProviderToNoon,
  setUsage,
  twoHome,
  windowAtNoon,
} from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';
import { virtualClock } from '../support/virtual-clock.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

/** One round, so many minutes after noon. */
const round = ({ home }: RefreshHome, minutes = 0, variables: CliOptions['variables'] = keepingHook) =>
  runCli(home, ['guard', '--once'], { ...at(minutes), variables });
const told = ({ home }: RefreshHome) =>
  eventsTold(home).map(({ name, accounts }) => [name, accounts.map(({ id }) => id)]);

describe('guard tells', () => {
  test('that quota is low, is used up, and is back, each once, whoever looks and however often it starts', async () => {
    const seeded = await twoHome(provider);
    setUsage(provider, alice, 40, 10);
    setUsage(provider, carol, 5, 10);
    await round(seeded);
    expect(told(seeded)).toEqual([]);
    setUsage(provider, alice, 93, 10);
    await round(seeded, 11);
    await round(seeded, 12);
    await round(seeded, 23);
    expect(told(seeded)).toEqual([['quota-low', ['acc_home']]]);
    setUsage(provider, alice, 100, 10);
    await round(seeded, 35);
    await round(seeded, 50);
    setUsage(provider, alice, 0, 10);
    // Alice's window resets at 14:05, and this is the first round after that.
    await round(seeded, 126);
    await round(seeded, 140);
    expect(told(seeded)).toEqual([
      ['quota-low', ['acc_home']],
      ['exhausted', ['acc_home']],
      ['available-again', ['acc_home']],
    ]);
    expect(eventsTold(seeded.home)[0]).toMatchObject({
      schema: 'codex-auth.event.quota-low/1',
      at: '2026-11-21T12:11:00.000Z',
      accounts: [{ name: 'alice@example.com', window: '5h', remainingPercent: 7 }],
    });
    expect(readEvents(seeded.root)).toEqual(eventsTold(seeded.home));
  });

  test('that an account was set aside, who moved into a home, and that it is back', async () => {
    const seeded = await twoHome(provider);
    await round(seeded);
    await runCli(seeded.home, ['switch', 'carol@example.com'], atNoon);
    await runCli(seeded.home, ['flag', 'alice@example.com'], atNoon);
    await round(seeded, 1);
    await round(seeded, 2);
    expect(told(seeded)).toEqual([
      ['set-aside', ['acc_home']],
      ['login-moved', ['acc_carol']],
    ]);
    await runCli(seeded.home, ['flag', 'alice@example.com', '--undo'], atNoon);
    await runCli(seeded.home, ['verify-flagged'], atNoon);
    await round(seeded, 3);
    expect(told(seeded).slice(2)).toEqual([['restored', ['acc_home']]]);
    expect(eventsTold(seeded.home)[1]).toMatchObject({
      accounts: [{ home: seeded.home.codexHome, before: { id: 'acc_home', name: 'alice@example.com' } }],
    });
  });

  test('of all accounts that one reason has set aside, at once', async () => {
    const seeded = emptyHome(provider);
    for (const [id, who] of [
      ['acc_home', alice],
      ['acc_carol', carol],
    ] as const) {
      await seeded.addAccount(id, { ...who, expiresInSeconds: -60 }, known);
      provider.revokeAccount(who);
    }
    await round(seeded);
    expect(told(seeded)).toEqual([['set-aside', ['acc_home', 'acc_carol']]]);
  });

  test('nobody of anything while the network or the region is the reason', async () => {
    const seeded = emptyHome(provider);
    for (const [id, who] of [
      ['acc_home', alice],
      ['acc_carol', carol],
    ] as const)
      await seeded.addAccount(id, { ...who, expiresInSeconds: -60 }, known);
    const region = { error: { code: 'unsupported_country_region_territory', message: 'not here' } };
    for (const endpoint of ['token', 'usage'] as const)
      provider.scenario.on(endpoint, { kind: 'status', status: 403, body: region });
    const result = await round(seeded);
    await round(seeded, 20);
    expect(told(seeded)).toEqual([]);
    expect(said(result).match(/refuses requests from where/g)).toHaveLength(1);
  });

  test('that an account which cannot be renewed here has ended', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: 600 }, { ...known, refreshToken: undefined });
    await round(seeded);
    await round(seeded, 11);
    expect(eventsTold(seeded.home)).toMatchObject([{ name: 'sign-in-needed', accounts: [{ id: 'acc_home' }] }]);
  });
});

describe('the quota for it', () => {
  const usageReads = () => provider.requests.to(endpointPaths.usage).length;

  test('is read by nobody who tells nobody, and not for events that need none', async () => {
    const seeded = await twoHome(provider);
    await round(seeded, 0, {});
    await round(seeded, 0, { ...keepingHook, CODEX_AUTH_ONLY_EVENTS: 'set-aside,login-moved' });
    expect(usageReads()).toBe(0);
    await round(seeded, 0, { ...keepingHook, CODEX_AUTH_ONLY_EVENTS: 'set-aside,exhausted' });
    expect(usageReads()).toBe(2);
  });

  test('is read of each account once in the interval, and of an exhausted one at its reset', async () => {
    const seeded = await twoHome(provider);
    // The window resets at 14:05, whenever the guard asks.
    const { reset_after_seconds: _, ...window } = windowAtNoon(100, 18_000, 7_500);
    const rate_limit = { allowed: false, limit_reached: true, primary_window: window, secondary_window: null };
    setUsage(provider, alice, 100, 10, { rate_limit });
    const clock = virtualClock({ start: noon, lengthMs: 3 * 3_600_000, provider });
    await runCli(seeded.home, ['guard'], { clock, signal: clock.signal, variables: keepingHook });
    const readsOf = (accountId: string) =>
      provider.requests
        .to(endpointPaths.usage)
        .filter(({ headers }) => headers['chatgpt-account-id'] === accountId)
        .map(({ receivedAt }) => Math.round((receivedAt - noon) / 60_000));
    expect(readsOf(carol.accountId).length).toBeGreaterThan(14);
    expect(readsOf(carol.accountId).length).toBeLessThan(19);
    expect(readsOf(alice.accountId).filter((minute) => minute <= 126)).toEqual([0, 60, 125]);
  });
});

describe('a command of onEvent that', () => {
  const hook = (...argv: string[]) => ({ CODEX_AUTH_ON_EVENT: JSON.stringify(argv) });

  async function lowHome() {
    const seeded = await twoHome(provider);
    setUsage(provider, alice, 95, 10);
    return seeded;
  }

  test.each([
    ['fails', hook('sh', '-c', 'echo "no such channel" >&2; exit 3'), 'it ended with 3: no such channel'],
    ['is not there', hook('/nonexistent/hook'), 'there is no such program'],
    ['is a line of a shell', hook('notify-send low'), 'there is no such program; a line of a shell is ["sh","-c","…"]'],
    ['writes without end', hook('yes'), 'it was ended, because it wrote without end'],
    [
      'hangs with what it has started',
      { ...hook('sh', '-c', 'sleep 1000 & echo $! > "$CODEX_HOME/pid"; wait'), CODEX_AUTH_ON_EVENT_TIMEOUT_MS: '700' },
      'it was ended after 700 ms',
    ],
  ])('%s is told of once, and harms nothing', async (_what, variables, problem) => {
    const seeded = await lowHome();
    const result = await round(seeded, 0, variables);
    expect(result.exitCode).toBe(0);
    expect(
      said(result)
        .split('\n')
        .filter((line) => line.includes('onEvent failed')),
    ).toEqual([expect.stringContaining(`onEvent failed: ${problem}`)]);
    const pid = join(seeded.home.codexHome, 'pid');
    if (existsSync(pid)) {
      const state = () => (existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}/stat`) ? 'alive' : 'gone');
      if (process.platform === 'linux') await expect.poll(state, { timeout: 10_000 }).toBe('gone');
    }
    // The next round does not tell the event again.
    expect(said(await round(seeded, 1))).not.toContain('quota-low');
    expect(readEvents(seeded.root)).toHaveLength(1);
  });

  test('reads nothing and leaves something behind does not hold it up', async () => {
    const seeded = await lowHome();
    const result = await round(seeded, 0, hook('sh', '-c', 'exec <&-; sleep 30 & exit 0'));
    expect(said(result)).not.toContain('failed:');
  });

  test('is a string is refused, and the way out is named', async () => {
    const seeded = await lowHome();
    writeFileSync(
      join(seeded.home.root, 'settings.json'),
      '{"version":1,"pluginConfig":{"onEvent":"notify-send low"}}',
    );
    const result = await runCli(seeded.home, ['guard', '--once'], atNoon);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('onEvent is "notify-send low", but must be a JSON list of a program');
    expect(result.stderr).toContain('codex-auth config unset onEvent');
  });

  test('was not reached before a kill is told after it, once', async () => {
    const seeded = await lowHome();
    await round(seeded, 0, {});
    const memory = join(seeded.home.root, 'event-memory.json');
    setUsage(provider, carol, 95, 10);
    await round(seeded, 11);
    const before = eventsTold(seeded.home);
    const stored = JSON.parse(readFileSync(memory, 'utf8'));
    // As it is when the program is killed after it has stored the event, and before it has told it.
    const untold = { ...before[0], id: 'evt_untold' };
    writeFileSync(memory, JSON.stringify({ ...stored, untold: [untold] }));
    await round(seeded, 12);
    await round(seeded, 13);
    expect(eventsTold(seeded.home)).toEqual([...before, untold]);
    expect(readEvents(seeded.root).filter(({ id }) => id === 'evt_untold')).toHaveLength(1);
  });
});

describe('guard --test-event', () => {
  test.each(eventNames)('hands over %s in its shape, and keeps nothing', async (name) => {
    const home = createTestHome();
    const result = await runCli(home, ['guard', '--test-event', name], { variables: keepingHook });
    expect(result.stdout).toBe(`✓ onEvent was told of ${name}\n`);
    expect(eventsTold(home)).toMatchObject([{ name, test: true }]);
    expect(existsSync(join(home.root, 'events.ndjson'))).toBe(false);
  });

  test('ends with 1 when it did not arrive, and with 2 when nobody is told', async () => {
    const home = createTestHome();
    const variables = { CODEX_AUTH_ON_EVENT: '["false"]', CODEX_AUTH_ONLY_EVENTS: 'restored' };
    const result = await runCli(home, ['guard', '--test-event', 'exhausted', '--json'], { variables });
    expect(result.exitCode).toBe(1);
    expect(dataOf(guardCommand, result)).toEqual({
      action: 'test-event',
      event: 'exhausted',
      leftOut: true,
      told: [{ to: 'onEvent', problem: 'it ended with 1' }],
    });
    const none = await runCli(home, ['guard', '--test-event', 'exhausted']);
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toContain('codex-auth config set notify true');
    expect((await runCli(home, ['guard', '--test-event', 'late'])).exitCode).toBe(2);
  });

  test.each([
    ['linux', 'notify-send', (notice: string[]) => notice.slice(-2)],
    ['darwin', 'osascript', (notice: string[]) => notice.slice(-2)],
  ] as const)('tells the desktop of %s', async (platform, program, textsOf) => {
    const home = createTestHome();
    const notifier = fakeNotifier(home.directory, program);
    const variables = { ...notifier.variables, CODEX_AUTH_NOTIFY: 'true' };
    const result = await runCli(home, ['guard', '--test-event', 'available-again'], { platform, variables });
    expect(result.stdout).toBe('✓ notify was told of available-again\n');
    expect(notifier.notices().map(textsOf)).toEqual([
      ['codex-auth: available-again (test)', 'someone@example.com: can be used again'],
    ]);
  });

  test('tells the desktop of Windows, and never its text as code', async () => {
    const home = createTestHome();
    const notifier = fakeNotifier(home.directory, 'powershell');
    const variables = { ...notifier.variables, CODEX_AUTH_NOTIFY: 'true' };
    await runCli(home, ['guard', '--test-event', 'exhausted'], { platform: 'win32', variables });
    const [, , , encoded = ''] = notifier.notices()[0] ?? [];
    const code = Buffer.from(encoded, 'base64').toString('utf16le');
    expect(code).toContain('CreateTextNode($env:CODEX_AUTH_NOTICE_BODY)');
    expect(code).not.toContain('someone@example.com');
  });
});
