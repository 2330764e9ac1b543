import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { forecastCommand } from '../../src/cli/commands/forecast.js';
import { runCli } from '../support/cli.js';
import { alice, carol, type RefreshHome } from '../support/refresh-home.js';
import { noon } from '../support/sample-pool.js';
import { at, atNoon, dataOf, said, setProviderToNoon, setUsage, twoHome, windowAtNoon } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const resetsInMinutes = 240;
const last = at(60);

/** The numbers of a moment, with resets that stay where they are. */
function usageAt(minutes: number, used: readonly [short: number, week: number]): Record<string, unknown> {
  const secondsLeft = (resetsInMinutes - minutes) * 60;
  const window = (percent: number, length: number, later: number) => ({
    ...windowAtNoon(percent, length, secondsLeft + later),
    reset_at: noon / 1000 + resetsInMinutes * 60 + later,
  });
  return {
    rate_limit: {
      allowed: true,
      limit_reached: false,
      primary_window: window(used[0], 18_000, 0),
      secondary_window: window(used[1], 604_800, 259_200),
    },
  };
}

/** An hour in which alice uses 60 % of her short window and carol nothing, looked at every twenty minutes. */
async function watchedHour({ home }: RefreshHome): Promise<void> {
  for (const minutes of [0, 20, 40, 60]) {
    setUsage(provider, alice, 0, 0, usageAt(minutes, [10 + minutes, 20 + minutes / 20]));
    setUsage(provider, carol, 0, 0, usageAt(minutes, [5, 7]));
    expect((await runCli(home, ['forecast'], at(minutes))).exitCode).toBe(0);
  }
}

const linesOf = (text: string, pattern: RegExp) => text.split('\n').filter((line) => pattern.test(line));

describe('the pace of the windows', () => {
  test('is told where a window would be empty before it resets, and for all of them with --explain', async () => {
    const seeded = await twoHome(provider);
    await watchedHour(seeded);
    expect(linesOf(said(await runCli(seeded.home, ['forecast', '--cached'], last)), / an hour/)).toMatchInlineSnapshot(`
      [
        "   1: 5h window at 60% an hour: empty 13:30, in 30m, before its reset (16:00, in 3h)",
        "   1: 7d window at 3% an hour: empty 2026-11-22 14:40, in 1d 1h, before its reset (2026-11-24 16:00, in 3d 3h)",
      ]
    `);
    expect(
      linesOf(said(await runCli(seeded.home, ['forecast', '--cached', '--explain'], last)), /window.* at .* an hour/),
    ).toMatchInlineSnapshot(`
      [
        "   1: 5h window at 60% an hour: empty 13:30, in 30m, before its reset (16:00, in 3h)",
        "   1: 7d window at 3% an hour: empty 2026-11-22 14:40, in 1d 1h, before its reset (2026-11-24 16:00, in 3d 3h)",
        "   2: 5h window at 0% an hour: lasts until its reset (16:00, in 3h)",
        "   2: 7d window at 0% an hour: lasts until its reset (2026-11-24 16:00, in 3d 3h)",
        "   5h windows of all 2 accounts together at 60% an hour, 125% left, empty 15:05, in 2h 5m if none reset",
        "   7d windows of all 2 accounts together at 3% an hour, 170% left, empty 2026-11-23 21:40, in 2d 8h if none reset",
      ]
    `);
  });

  test('is the same in JSON, with its range', async () => {
    const seeded = await twoHome(provider);
    await watchedHour(seeded);
    const result = await runCli(seeded.home, ['forecast', '--cached', '--json'], last);
    const { accounts, pool } = dataOf(forecastCommand, result);
    expect(accounts[0]?.pace?.[0]).toEqual({
      windowId: '5h',
      percentPerHour: 60,
      lowPercentPerHour: 59,
      highPercentPerHour: 61,
      emptyAt: new Date(noon + 90 * 60_000).toISOString(),
      resetsAt: new Date(noon + resetsInMinutes * 60_000).toISOString(),
      emptyBeforeReset: true,
    });
    expect(accounts[1]?.pace?.[0]).toMatchObject({ percentPerHour: 0, emptyBeforeReset: false });
    expect(pool?.[0]).toMatchObject({ windowId: '5h', accounts: 2, known: 2, percentPerHour: 60, leftPercent: 125 });
  });

  test.each([
    ['a budget', 'budget', 'spend_control'],
    ['a window of unknown length', 'window of unknown length', 'rate_limit'],
  ])('is that of %s too, by its name', async (_, name, member) => {
    const seeded = await twoHome(provider);
    for (const minutes of [0, 20, 40, 60]) {
      const limit = { used_percent: 10 + minutes / 2, reset_after_seconds: 864_000 - minutes * 60 };
      const answer = member === 'rate_limit' ? { primary_window: limit } : { reached: false, individual_limit: limit };
      setUsage(provider, alice, 0, 0, { rate_limit: null, [member]: answer });
      await runCli(seeded.home, ['usage', '--live'], at(minutes));
    }
    const shown = said(await runCli(seeded.home, ['forecast', '--cached', '--task', '1h', '--explain'], last));
    expect(shown).toContain(`1: ${name} at 30% an hour: empty 15:00, in 2h`);
    expect(shown).toMatch(new RegExp(`1: 1h of work fits; it would use \\d+–\\d+% of its ${name}, 60% left`));
    expect(shown).not.toMatch(/unknown window|budget window/);
  });

  test('is unknown below three observations', async () => {
    const seeded = await twoHome(provider);
    const result = await runCli(seeded.home, ['forecast', '--json'], atNoon);
    const { accounts, pool } = dataOf(forecastCommand, result);
    expect([accounts[0]?.pace, pool]).toEqual([[], []]);
  });

  test('needs the history, and nothing else does', async () => {
    const seeded = await twoHome(provider);
    await watchedHour(seeded);
    writeFileSync(seeded.root.paths.quotaHistory, '\u0000 garbage\n{"at":1}\n');
    const result = await runCli(seeded.home, ['forecast', '--cached', '--task', '2h', '--score'], last);
    expect(result.exitCode).toBe(0);
    expect(said(result)).toContain('whether 2h of work fits is unknown');
  });
});

describe('forecast --task', () => {
  test.each([
    ['a limit of the model has no past', ['--model', 'spark'], {}],
    ['a window could not be read', [], { secondary_window: 'odd' }],
  ])('promises nothing where %s', async (_, argv, odd) => {
    const seeded = await twoHome(provider);
    for (const minutes of [0, 20, 40, 60]) {
      const { rate_limit } = usageAt(minutes, [10 + minutes / 4, 20]);
      const additional = { limit_name: 'Spark', metered_feature: 'spark', rate_limit };
      const members = { rate_limit: { ...(rate_limit as object), ...odd }, additional_rate_limits: [additional] };
      setUsage(provider, alice, 0, 0, members);
      await runCli(seeded.home, ['usage', '--live'], at(minutes));
    }
    const shown = said(await runCli(seeded.home, ['forecast', '--cached', '--task', '20m', ...argv], last));
    expect(shown).toContain('1: whether 20m of work fits is unknown');
  });

  test('says for each account whether work of that length fits', async () => {
    const seeded = await twoHome(provider);
    await watchedHour(seeded);
    const task = async (length: string) =>
      linesOf(said(await runCli(seeded.home, ['forecast', '--cached', '--task', length], last)), / of work /);
    expect([...(await task('20m')), ...(await task('30m')), ...(await task('2h'))]).toMatchInlineSnapshot(`
      [
        "   1: 20m of work fits; it would use 19–21% of its 5h window, 30% left · 0–2% of its 7d window, 77% left",
        "   2: whether 20m of work fits is unknown: it was seen at work too seldom",
        "   1: 30m of work may fit; it would use 29–31% of its 5h window, 30% left · 1–2% of its 7d window, 77% left",
        "   2: whether 30m of work fits is unknown: it was seen at work too seldom",
        "   1: 2h of work does not fit; it would use 118–122% of its 5h window, 30% left · 4–8% of its 7d window, 77% left",
        "   2: whether 2h of work fits is unknown: it was seen at work too seldom",
      ]
    `);
  });

  test.each(['', 'soon', '2', '0h', '-1h'])('refuses %j', async (length) => {
    const seeded = await twoHome(provider);
    const result = await runCli(seeded.home, ['forecast', `--task=${length}`], atNoon);
    expect(result.exitCode).toBe(2);
  });
});

describe('forecast --score', () => {
  test('says how the forecasts of the past have turned out', async () => {
    const seeded = await twoHome(provider);
    await watchedHour(seeded);
    expect(said(await runCli(seeded.home, ['forecast', '--cached', '--score'], last))).toContain('too few for a score');
    const day = 86_400_000;
    const lines = [1, 2, 3, 4].flatMap((daysAgo) => {
      const window = { account: 'acc_home', window: '5h', resetsAt: noon - daysAgo * day };
      const foretold = { ...window, at: noon - daysAgo * day - 7_200_000, chance: 0.9 };
      return [foretold, { ...window, at: foretold.at + 3_600_000, usedPercent: daysAgo === 4 ? 60 : 100 }];
    });
    // How the fourth window ended is unknown: at the last look, an hour before its reset, it was not used up.
    writeFileSync(seeded.root.paths.quotaHistory, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(said(await runCli(seeded.home, ['forecast', '--cached', '--score'], last))).toContain(
      '3 forecasts of an empty window judged, 1 still open: 100% right, Brier score 0.01 (0 is perfect, 0.25 is a guess)',
    );
  });

  test('has something to judge, because a forecast that asked is kept, one an hour', async () => {
    const seeded = await twoHome(provider);
    await watchedHour(seeded);
    const foretold = linesOf(readFileSync(seeded.root.paths.quotaHistory, 'utf8'), /"chance"/).map((line) =>
      JSON.parse(line),
    );
    expect(foretold.map(({ account, window, chance }) => [account, window, chance])).toEqual(
      expect.arrayContaining([
        ['acc_home', '5h', 0.95],
        ['acc_carol', '5h', 0.05],
      ]),
    );
    expect(new Set(foretold.map(({ account, window }) => `${account} ${window}`)).size).toBe(foretold.length);
  });
});

test('list and status never look at the history, and asking nobody writes nothing', async () => {
  const seeded = await twoHome(provider);
  const { quotaHistory } = seeded.root.paths;
  for (const argv of [['list'], ['status'], ['forecast', '--cached']]) await runCli(seeded.home, argv, atNoon);
  expect(existsSync(quotaHistory)).toBe(false);
  await watchedHour(seeded);
  const before = readFileSync(quotaHistory, 'utf8');
  for (const argv of [['list'], ['status'], ['forecast', '--cached']]) await runCli(seeded.home, argv, last);
  expect(readFileSync(quotaHistory, 'utf8')).toBe(before);
});
