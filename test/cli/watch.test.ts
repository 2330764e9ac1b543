import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { watchCommand } from '../../src/cli/commands/watch.js';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { type CliOptions, runCli } from '../support/cli.js';
import { rateLimited, refused } from '../support/provider/faults.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { alice, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import { noon } from '../support/sample-pool.js';
import {
  atNoon,
  credentialsOf,
  dataOf,
  emptyHome,
  homeOfAlice,
  known,
  said,
  seededHome,
  setProviderToNoon,
  setUsage,
} from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const usageRequests = () => provider.requests.to(endpointPaths.usage);

/** Runs a watch in which no time passes between the rounds, until the last of them has been shown. */
async function watch(
  { home }: RefreshHome,
  argv: readonly string[],
  { rounds = 1, between = () => undefined, ...options }: CliOptions & WatchScript = {},
) {
  const stop = new AbortController();
  const waits: number[] = [];
  let skipped = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => noon + skipped,
    async sleep(ms, signal) {
      if (ms < 10_000) return systemClock.sleep(ms, signal);
      waits.push(ms);
      if (waits.length === rounds) stop.abort();
      signal?.throwIfAborted();
      skipped += ms;
      await between(waits.length);
    },
  };
  const result = await runCli(home, ['watch', ...argv], { ...options, clock, signal: stop.signal });
  return { ...result, waits };
}

interface WatchScript {
  readonly rounds?: number;
  /** After the round of this number. */
  readonly between?: (round: number) => unknown;
}

const linesOf = ({ stdout }: { readonly stdout: string }) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => dataOf(watchCommand, { stdout: line, stderr: '', exitCode: 0 }));

describe('watch --once', () => {
  test('shows each account with what is left, once', async () => {
    const seeded = await seededHome(provider);
    setUsage(provider, alice, 20, 59);
    const result = await runCli(seeded.home, ['watch', '--once'], atNoon);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toMatchInlineSnapshot(`
      "12:00 · round 1
        #  ACCOUNT                   WORKSPACE  PLAN  LEFT (RESETS IN)              STATE     LAST USED
        1  home <alice@example.com>  Personal   plus  5h 80% (2h 5m) · 7d 41% (3d)  ready     1h ago
        2  alice@example.com         Studio     team  7d 70% (3d)                   ready     1h ago
        3  bob@example.com           Studio     team  –                             disabled  1h ago
        4  carol@example.com         Personal   pro   7d 70% (3d)                   ready     1h ago
      "
    `);
    expect(usageRequests()).toHaveLength(3);
  });

  test('is one document with --json', async () => {
    const seeded = await seededHome(provider);
    setUsage(provider, alice, 20, 59);
    const result = await runCli(seeded.home, ['watch', '--once', '--json'], atNoon);
    const { round, nextAt, accounts } = dataOf(watchCommand, result);
    expect({ round, nextAt }).toEqual({ round: 1 });
    expect(accounts[0]).toMatchObject({
      index: 1,
      lastSuccessAt: '2026-11-21T12:00:00.000Z',
      quota: { source: 'live', usableNowPercent: 41 },
    });
    expect(result.stdout.split('\n').length).toBeGreaterThan(20);
  });

  test('asks nobody again within the interval', async () => {
    const seeded = await homeOfAlice(provider);
    await runCli(seeded.home, ['usage'], atNoon);
    provider.requests.clear();
    const { accounts } = dataOf(watchCommand, await runCli(seeded.home, ['watch', '--once', '--json'], atNoon));
    expect(accounts[0]?.quota?.source).toBe('cache');
    expect(provider.requests.all).toEqual([]);
  });

  test('shows an expired token as unknown with the command that cures it, and refreshes none', async () => {
    const seeded = await homeOfAlice(provider, -60);
    const before = credentialsOf(seeded);
    const result = await runCli(seeded.home, ['watch', '--once', '--json'], atNoon);
    expect(result.exitCode).toBe(1);
    const [account] = dataOf(watchCommand, result).accounts;
    expect(account).toMatchObject({ state: 'unknown', lastError: { code: 'needs-refresh', hint: 'codex-auth check' } });
    expect(account?.quota).toBeUndefined();
    expect(provider.requests.all).toEqual([]);
    expect(credentialsOf(seeded)).toEqual(before);
  });

  test('shows no numbers from before the token expired, but since when', async () => {
    const seeded = await homeOfAlice(provider, 30 * 60);
    await runCli(seeded.home, ['usage'], atNoon);
    const later: CliOptions = { clock: { ...systemClock, now: () => noon + 31 * 60_000 } };
    const [account] = dataOf(watchCommand, await runCli(seeded.home, ['watch', '--once', '--json'], later)).accounts;
    expect(account?.quota).toBeUndefined();
    expect(account).toMatchObject({ state: 'unknown', lastSuccessAt: '2026-11-21T12:00:00.000Z' });
  });

  test('ends with 5 when nobody could be reached', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('usage', refused(503, 'overloaded'));
    expect((await runCli(seeded.home, ['watch', '--once'], atNoon)).exitCode).toBe(5);
  });

  test('ends with 3 where there are no accounts', async () => {
    const { exitCode, stderr } = await runCli(emptyHome(provider).home, ['watch', '--once'], atNoon);
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining('codex-auth login') });
  });
});

test.each(['14', '0', '-5', 'often', '86401'])('an interval of %s is refused', async (interval) => {
  const seeded = emptyHome(provider);
  const { exitCode, stderr } = await runCli(seeded.home, ['watch', `--interval=${interval}`]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('from 15 to 86400') });
});

describe('watch in a pipe', () => {
  test('prints a line of JSON per round, each the document of one look', async () => {
    const seeded = await homeOfAlice(provider);
    const use = (round: number) => setUsage(provider, alice, 20 * round, 50);
    use(0);
    const result = await watch(seeded, ['--json', '--interval', '20'], { rounds: 3, between: use });
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toBe('');
    const seen = linesOf(result).map(({ round, accounts }) => [round, accounts[0]?.quota?.windows[0]?.usedPercent]);
    expect(seen).toEqual([
      [1, 0],
      [2, 20],
      [3, 40],
    ]);
    expect(usageRequests()).toHaveLength(3);
  });

  test('waits the interval and a little more, never the same', async () => {
    const seeded = await homeOfAlice(provider);
    const { waits } = await watch(seeded, ['--json', '--interval', '20'], { rounds: 4 });
    for (const ms of waits) expect(ms >= 20_000 && ms <= 22_000).toBe(true);
    expect(new Set(waits).size).toBe(4);
  });

  test('appends a table per round, without any control code', async () => {
    const seeded = await homeOfAlice(provider);
    const result = await watch(seeded, [], { rounds: 2 });
    expect(result.stdout.match(/ACCOUNT/g)).toHaveLength(2);
    expect(result.stdout).toMatch(/^12:00 · round 1\n[\s\S]*\n12:01 · round 2\n/);
    expect(result.stdout + result.stderr).not.toContain('\u001b');
  });

  test('asks less and less often about an account whose answer fails, and as before about the others', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_home', alice, known);
    await seeded.addAccount('acc_carol', carol, known);
    provider.scenario.on('usage', rateLimited(1), { accountId: carol.accountId, times: 100 });
    await watch(seeded, ['--json'], { rounds: 10 });
    const asked = (who: typeof alice) =>
      usageRequests().filter(({ headers }) => headers['chatgpt-account-id'] === who.accountId);
    expect(asked(alice)).toHaveLength(10);
    // In the first, the third and the seventh round.
    expect(asked(carol)).toHaveLength(3);
  });

  test('remembers the last error beside a later success', async () => {
    const seeded = await homeOfAlice(provider);
    provider.scenario.on('usage', refused(503, 'overloaded'), { times: 1 });
    const lines = linesOf(await watch(seeded, ['--json'], { rounds: 4 }));
    const [first, last] = [lines[0]?.accounts[0], lines.at(-1)?.accounts[0]];
    expect(first?.lastError).toMatchObject({ at: '2026-11-21T12:00:00.000Z', code: 'provider-error' });
    expect(first?.lastSuccessAt).toBeUndefined();
    expect(last?.lastError).toEqual(first?.lastError);
    expect(last?.lastSuccessAt?.localeCompare('2026-11-21T12:01')).toBe(1);
  });

  test('goes on while a file cannot be read, and says so', async () => {
    const seeded = await homeOfAlice(provider);
    const result = await watch(seeded, ['--json'], {
      rounds: 2,
      between: () => writeFileSync(seeded.home.poolFile, '{'),
    });
    const [good, bad] = linesOf(result);
    expect(good?.problem).toBeUndefined();
    expect(bad?.problem).toMatchObject({ code: 'storage-corrupt', message: expect.stringContaining('accounts.json') });
    expect(bad?.accounts).toEqual(good?.accounts);
  });

  test('ends where nothing can be read from the beginning', async () => {
    const seeded = await homeOfAlice(provider);
    writeFileSync(seeded.home.poolFile, '{');
    expect((await watch(seeded, ['--json'])).exitCode).toBe(6);
  });

  test('shows no account that is disabled as asked', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_bob', bob, { ...known, enabled: false });
    const [line] = linesOf(await watch(seeded, ['--json']));
    expect(line?.accounts[0]).toMatchObject({ state: 'disabled' });
    expect(provider.requests.all).toEqual([]);
  });
});

describe('watch on a terminal', () => {
  const variables = { COLUMNS: '', TERM: 'xterm', NO_COLOR: '1', LANG: 'en_GB.UTF-8' };

  test('draws on the other screen, and gives the terminal back', async () => {
    const seeded = await seededHome(provider);
    setUsage(provider, alice, 20, 59);
    const { stdout, stderr, exitCode } = await watch(seeded, [], { terminal: { columns: 80 }, variables });
    expect(exitCode).toBe(130);
    expect(stdout.startsWith('\u001b[?1049h')).toBe(true);
    expect(stdout.endsWith('\u001b[?1049l\u001b[?25h')).toBe(true);
    expect(stdout.match(/\?1049h/g)).toHaveLength(1);
    // The stand-in is announced with a port that changes.
    const shown = lastFrame(stdout).replace(/warning: [\s\S]*(?=4 accounts)/, '');
    expect(shown).toMatchInlineSnapshot(`
      "   1 home <alice@example.com> · Personal · plus · ready
           5h ████████████████░░░░  80% left, resets in 2h 5m
           7d ████████░░░░░░░░░░░░  41% left, resets in 3d
           read now

         2 alice@example.com · Studio · team · ready
           7d ██████████████░░░░░░  70% left, resets in 3d
           read now

         3 bob@example.com · Studio · team · disabled

         4 carol@example.com · Personal · pro · ready
           7d ██████████████░░░░░░  70% left, resets in 3d
           read now

      4 accounts · next look in 1m · q ends"
    `);
    expect(stderr).toBe('');
  });

  test('fits into 40 columns, and into few rows as a table', async () => {
    const seeded = await seededHome(provider);
    setUsage(provider, alice, 20, 59);
    const { stdout } = await watch(seeded, [], { terminal: { columns: 40 }, variables });
    for (const line of lastFrame(stdout).split('\n')) expect(line.length).toBeLessThanOrEqual(40);
    const few = await watch(seeded, [], { terminal: { columns: 80, rows: 9 }, variables });
    expect(lastFrame(few.stdout)).toContain('ACCOUNT');
    expect(lastFrame(few.stdout).split('\n').length).toBeLessThanOrEqual(9);
  });

  test.each([{ TERM: 'dumb' }, { CI: '1' }])('appends tables where nothing is to be drawn: %j', async (variable) => {
    const seeded = await homeOfAlice(provider);
    const terminal = { columns: 80 };
    const { stdout } = await watch(seeded, [], { rounds: 2, terminal, variables: { ...variables, ...variable } });
    expect(stdout.match(/ACCOUNT/g)).toHaveLength(2);
    expect(stdout).not.toContain('\u001b');
  });
});

/** What stands on the screen at the end, without the codes that put it there. */
function lastFrame(stdout: string): string {
  const frames = stdout.split('\u001b[H');
  const frame = frames.filter((each) => each.includes('\u001b[K')).at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this takes away
  return frame.replace(/\u001b\[[?\d;]*[a-zA-Z]/g, '').replaceAll('\r', '');
}
