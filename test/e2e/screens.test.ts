import { describe, expect, test } from 'vitest';
import { alice, aliceAtStudio, carol, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

/** What a person sees on the smallest window, the usual one and a large one. */
const sizes = [
  { columns: 40, rows: 10 },
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
] as const;

const provider = useProvider();

const quiet = { variables: { NO_COLOR: '1' } };

/** Three accounts with labels, of which one waits for an hour, one is ready and one waits for days. */
async function three(): Promise<RefreshHome> {
  const home = new RefreshHome(temporaryDirectory(), provider);
  const known = (accountLabel: string) => ({ accountLabel, workspaceName: 'Personal', lastUsed: Date.now() });
  home.writeAuthFile(await home.addAccount('acc_home', alice, known('home')));
  await home.addAccount('acc_work', aliceAtStudio, known('work'));
  await home.addAccount('acc_side', carol, known('side'));
  provider.scenario.setUsage(alice.accountId, { fiveHourPercent: 100, fiveHourResetsIn: 4_500, weeklyPercent: 61 });
  provider.scenario.setUsage(aliceAtStudio.accountId, { fiveHourPercent: 18, weeklyPercent: 34 });
  provider.scenario.setUsage(carol.accountId, { fiveHourPercent: 100, fiveHourResetsIn: 9_000, weeklyPercent: 91 });
  return home;
}

/** Thirty accounts with long addresses; the eleventh has the most left, the last one waits. */
async function thirty(): Promise<RefreshHome> {
  const home = new RefreshHome(temporaryDirectory(), provider);
  for (let number = 1; number <= 30; number += 1) {
    const accountId = `55555555-5555-4555-8555-5555555555${String(number).padStart(2, '0')}`;
    const who = { email: `person.number.${number}@a-long-department.example.com`, accountId };
    provider.people.addAccount({ ...who, planType: 'plus' });
    await home.addAccount(`acc_${number}`, who, { workspaceName: 'Personal' });
    const fiveHourPercent = number === 30 ? 100 : number === 11 ? 2 : 40;
    provider.scenario.setUsage(accountId, { fiveHourPercent, fiveHourResetsIn: 4_500, weeklyPercent: 20 });
  }
  return home;
}

/** The screen after a command whose every line must fit, without being broken by the terminal. */
async function screenOf(home: RefreshHome, size: (typeof sizes)[number], line: string): Promise<string> {
  const terminal = await Terminal.open(home.home, { ...size, ...quiet });
  await terminal.run(`${line} 2>/dev/null; echo end-of-it`);
  const screen = await terminal.shows(/^end-of-it$/m);
  // An address that is wider than the screen stays whole, so that it can be copied.
  for (const shown of screen.split('\n').filter((each) => !/shell>|^ *\S+$/.test(each)))
    expect(shown.length, shown).toBeLessThanOrEqual(size.columns);
  return screen;
}

const why = missingForTerminal === undefined ? '' : ` (skipped: ${missingForTerminal} is not installed)`;

describe.skipIf(missingForTerminal !== undefined)(`on a real terminal${why}`, () => {
  describe.each(sizes)('of $columns × $rows', (size) => {
    test('three accounts: who, how much is left and when, in list, watch, forecast and usage', async () => {
      const home = await three();
      const rows = [
        /1 {2}home\b.* 0%.*(1h 1[45]m)/,
        /2 {2}work\b.* (66|82)%.* ready/,
        /3 {2}side\b.* 0%.*(2h 2\dm|2h 30m)/,
      ];
      const watch = await screenOf(home, size, 'codex-auth watch --once');
      const list = await screenOf(home, size, 'clear; codex-auth list');
      for (const row of rows) for (const screen of [watch, list]) expect(screen).toMatch(row);
      const forecast = await screenOf(home, size, 'codex-auth forecast --cached');
      expect(forecast).toMatch(/1 {2}home\b.* (delayed|in) .*1h 1[345]m.* 0%/);
      expect(forecast).toMatch(/Use work <alice@example\.com>/);
      const usage = await screenOf(home, size, 'clear; codex-auth usage work --cached');
      expect(usage).toMatch(/82% left,/);
      expect(usage).toMatch(/66% left,/);
    });

    test('thirty accounts: the name is told apart, and what is left and when stay', async () => {
      const home = await thirty();
      await screenOf(home, size, 'codex-auth usage | tail -n 1');
      const list = await screenOf(home, size, 'clear; codex-auth list');
      expect(list).toMatch(/29 {2}person\.number\.29.* (60|80)%.* ready/);
      expect(list).toMatch(/30 {2}person\.number\.30.* 0%.* (exhausted|in) .*\d+m/);
      const forecast = await screenOf(home, size, 'clear; codex-auth forecast --cached');
      if (size.rows > 10) expect(forecast).toMatch(/30 {2}person\.number\.30.* (delayed|in) .*\d+m.* 0%/);
      expect(forecast.replace(/\s+/g, '')).toContain('codex-authswitch11');
    });

    test('the picker shows whom one chooses, and how much is left', async () => {
      const home = await three();
      await screenOf(home, size, 'codex-auth usage | tail -n 1');
      const terminal = await Terminal.open(home.home, { ...size, ...quiet });
      await terminal.run('clear; codex-auth switch');
      const screen = await terminal.shows('Switch to which account?', /1 {2}home/, /2 {2}work\b.*(66|82)%/);
      for (const shown of screen.split('\n')) expect(shown.length).toBeLessThanOrEqual(size.columns);
      await terminal.press('C-c');
    });

    test('the dashboard, in which typing 12 selects the twelfth', async () => {
      const home = await thirty();
      const terminal = await Terminal.open(home.home, { ...size, ...quiet });
      await terminal.start();
      await terminal.shows(/1 +person\.number\.1\b.*60%/);
      await terminal.type('12');
      const screen = await terminal.shows(/❯.? +12 +person\.number\.12/);
      expect(screen).toMatch(/❯.? +12 +person.*60%.* ready/);
      for (const shown of screen.split('\n')) expect(shown.length).toBeLessThanOrEqual(size.columns);
      await terminal.press('q');
      expect(await terminal.exitCode()).toBe(0);
      expect(home.records().length).toBe(30);
    });
  });

  test('the countdown of a sign-in with a code keeps to one line while the window narrows', async () => {
    const home = new RefreshHome(temporaryDirectory(), provider);
    const terminal = await Terminal.open(home.home, { columns: 120, rows: 24, ...quiet });
    await terminal.run('codex-auth login --device-auth');
    await terminal.shows(/1\d:\d\d left · Waiting for the other device \(Ctrl-C to cancel\)/);
    for (const columns of [60, 40]) {
      await terminal.resize(columns, 24);
      await terminal.shows(/1\d:\d\d left · Waiting for the other/);
      // The narrower terminal has broken a line or two, which are gone with the next drawing.
      await expect.poll(async () => (await terminal.screen()).match(/\d+:\d\d left/g)?.length).toBe(1);
      expect(await terminal.screen()).toContain('Never share this code.');
    }
    await terminal.press('C-c');
    expect(await terminal.exitCode()).toBe(130);
  });
});
