import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { driveLogin } from '../support/drive-login.js';
import { alice, aliceAtStudio, bob, carol, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { missingForTerminal, Terminal, type TerminalOptions } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

const escapeSequence = '\u001b';

const why = missingForTerminal === undefined ? '' : ` (skipped: ${missingForTerminal} is not installed)`;

/** Three accounts, the first of them in use, and quota with something to tell. */
async function household(): Promise<RefreshHome> {
  const home = new RefreshHome(temporaryDirectory(), provider);
  const lastUsed = Date.now() - 3_600_000;
  const known = (accountLabel: string, workspaceName: string) => ({ accountLabel, workspaceName, lastUsed });
  home.writeAuthFile(await home.addAccount('acc_home', alice, known('home', 'Personal')));
  await home.addAccount('acc_work', aliceAtStudio, known('work', 'Studio'));
  await home.addAccount('acc_side', carol, known('side', 'Personal'));
  provider.scenario.setUsage(alice.accountId, { fiveHourPercent: 100, fiveHourResetsIn: 4_500, weeklyPercent: 61 });
  provider.scenario.setUsage(aliceAtStudio.accountId, { fiveHourPercent: 18, weeklyPercent: 34 });
  provider.scenario.setUsage(carol.accountId, { fiveHourPercent: 75, weeklyPercent: 91 });
  return home;
}

/** The dashboard with everything on it, quota included. */
async function openDashboard(home: RefreshHome, options: TerminalOptions = {}, argv: string[] = []): Promise<Terminal> {
  const terminal = await Terminal.open(home.home, options);
  await terminal.start(...argv);
  await terminal.shows(/82%/);
  return terminal;
}

const inUse = (home: RefreshHome) => home.authFile().tokens['account_id'];

describe.skipIf(missingForTerminal !== undefined)(`the dashboard in a real terminal${why}`, () => {
  test('shows every account, moves, searches, explains, and gives the terminal back', async () => {
    const home = await household();
    const terminal = await openDashboard(home);
    const screen = await terminal.shows('3 accounts', /best now: work .*\(2, Enter\)/, /❯●\s+1\s+home/, /25%/);
    expect(screen).toMatch(/2\s+work\s.*team\s+100\s+█{4}░\s+82%\s+2h\s+███░░\s+66%\s+\d+d\s+ready/);
    expect(await terminal.modes()).toEqual({ alternate: true, cursor: false });

    await terminal.press('j');
    await terminal.shows(/❯\s+2\s+work/, '── work <alice@example.com> (Studio) ');
    await terminal.press('Up', 'Up', 'Down', 'Down', 'Down');
    await terminal.shows(/❯\s+3\s+side/);

    await terminal.press('i');
    const details = await terminal.shows('Account     side <carol@example.com>', 'Login file', '5h 25% · 7d 9% left');
    expect(details).toContain('no, the official client has the login of another account');
    await terminal.press('q');
    await terminal.press('?');
    await terminal.shows('select the account of this number');
    await terminal.press('Escape');
    // An Escape that has not been read yet would make one key of itself and the next.
    await terminal.hides('select the account of this number');

    await terminal.type('/studio');
    await terminal.press('Enter');
    await terminal.hides(/\d\s+home/, /\d\s+side/);
    await terminal.press('Escape');
    await terminal.shows(/1\s+home/, /3\s+side/);

    await terminal.press('q');
    await terminal.hides('best now');
    expect(await terminal.exitCode()).toBe(0);
    expect(await terminal.modes()).toEqual({ alternate: false, cursor: true });
    await terminal.run('stty -a | tr ";" "\\n"');
    await terminal.shows(/\sicanon/, /\secho\s/);
    expect(provider.requests.refreshes()).toEqual([]);
  });

  test('switches, disables, and asks before it uses a disabled account or replaces a foreign login', async () => {
    const home = await household();
    const terminal = await openDashboard(home);
    await terminal.press('2', 'Enter');
    await terminal.shows('✓ Now using work', /●\s+2\s+work/);
    expect(inUse(home)).toBe(aliceAtStudio.accountId);

    await terminal.press('G', 'e');
    await terminal.shows('is now disabled', /❯\s+3\s+side.*disabled/);
    expect(home.record('acc_side')['enabled']).toBe(false);
    await terminal.press('s');
    await terminal.shows('side <carol@example.com> is disabled. Enable it and use it?');
    await terminal.press('Escape');
    await terminal.hides('Enable it and use it?');
    expect(inUse(home)).toBe(aliceAtStudio.accountId);
    await terminal.press('s', 'y');
    await terminal.shows('✓ Now using side', /❯●\s+3\s+side/);
    expect(inUse(home)).toBe(carol.accountId);
    expect(home.record('acc_side')['enabled']).toBe(true);

    home.writeAuthFile(await provider.issueTokens(bob), { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-x', tokens: null });
    await terminal.press('1', 'Enter');
    await terminal.shows('keep a copy of it and replace it');
    await terminal.press('y');
    await terminal.shows('✓ Now using home');
    expect(inUse(home)).toBe(alice.accountId);
    expect(home.kept().join()).toContain('sk-x');
  });

  test('sets aside, verifies, restores, and removes only when told so', async () => {
    const home = await household();
    const terminal = await openDashboard(home);
    await terminal.press('G', 'd');
    await terminal.shows('Remove side <carol@example.com> (Personal)?', /❯ n {2}no/);
    await terminal.press('Enter');
    await terminal.hides('Remove side');
    expect(home.records()).toHaveLength(3);

    await terminal.press('d', 'f');
    await terminal.shows('is set aside', '2 accounts, 1 set aside');
    expect(home.flagged()).toMatchObject([{ recordId: 'acc_side', flaggedReason: 'manual' }]);
    await terminal.press('f');
    await terminal.shows(/❯\s+side\s.*you said so/);
    await terminal.press('v');
    await terminal.shows('works; it stays set aside');
    await terminal.press('r');
    await terminal.shows('1 restored', 'No account is set aside');
    expect(home.flagged()).toEqual([]);
    await terminal.press('q');

    await terminal.shows('3 accounts');
    await terminal.press('G', 'd', 'r');
    await terminal.shows('Removed side', '2 accounts');
    expect(home.records().map(({ recordId }) => recordId)).toEqual(['acc_home', 'acc_work']);
    expect(home.kept().join()).toContain('acc_side');
  });

  test('refreshes what is due when asked to, and offers a sign-in where only that helps', async () => {
    const home = await household();
    const expired = { accessToken: undefined, expiresAt: undefined };
    await home.addAccount('acc_bob', bob, { accountLabel: 'bob', ...expired });
    const terminal = await openDashboard(home);
    await terminal.press('G');
    await terminal.shows('there is no access token yet');
    expect(provider.requests.refreshes()).toEqual([]);
    await terminal.press('r');
    await terminal.shows('token refreshed');
    expect(provider.requests.refreshes()).toHaveLength(1);

    provider.revokeAccount(carol, { accessTokens: 'refused' });
    await terminal.press('k', 'r');
    await terminal.shows('the provider refuses the login of side', /❯ y {2}sign in again now/);
    await terminal.press('n');
    await terminal.press('c');
    await terminal.shows('codex-auth check', '3 fine');
  });

  test('fits a small screen without colour and without Unicode', async () => {
    const home = await household();
    const variables = { NO_COLOR: '1', LANG: 'C' };
    const terminal = await openDashboard(home, { columns: 40, rows: 10, variables });
    const screen = await terminal.shows(/>\*\s+1\s+home\s+0% 1h\s+39%/, '? help', 'q quit');
    expect(screen).toMatch(/^[\x20-\x7e\n]*$/);
    expect(await terminal.styled()).not.toMatch(new RegExp(`${escapeSequence}\\[[34]\\dm`));
    await terminal.press('d');
    await terminal.shows('n  no, leave it as it is', 'codex-auth');
    await terminal.press('Escape');
    await terminal.shows('? help');
    await terminal.press('i');
    await terminal.shows('Account     home <alice@example.com>', /~ \d+ more below/);
    await terminal.press('G');
    await terminal.hides(/more below/);
    await terminal.press('q');

    await terminal.resize(120, 30);
    await terminal.shows(/1\s+home <alice@example\.com>\s+Personal/, '5h   ....................');
    await terminal.resize(40, 10);
    await terminal.hides('Personal');
    const small = await terminal.shows(/>\*\s+1\s+home\s+0%/, 'q quit');
    expect(small.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
    expect(small).not.toMatch(/.{41}/);
  });

  test('shows no address under --mask', async () => {
    const home = await household();
    home.addRecord('acc_bob', await provider.issueTokens(bob), { accountLabel: 'for bob@example.com' });
    const terminal = await openDashboard(home, { columns: 130 }, ['--mask']);
    await terminal.press('G', 'i');
    const screen = await terminal.shows(/Account\s+for b\*\*\*@e\*\*\*/);
    expect(screen).not.toContain('@example');
  });

  test('goes to the background and comes back, and ends with 130 on Ctrl-C', async () => {
    const home = await household();
    const terminal = await openDashboard(home);
    await terminal.press('C-z');
    await terminal.shows(/Stopped\s+sh -c/);
    expect(await terminal.modes()).toEqual({ alternate: false, cursor: true });
    await terminal.run('echo "still a shell: $((6 * 7))"');
    await terminal.shows('still a shell: 42');
    // The shell has the terminal now: only the shell is told of the new size.
    await terminal.resize(60, 12);
    await terminal.run('fg');
    const smaller = await terminal.shows('best now', /❯●\s+1\s+home/, 'q quit');
    expect(smaller).toMatch(/^codex-auth /);
    expect(smaller).not.toMatch(/.{61}/);
    await terminal.resize(100, 24);
    await terminal.press('j');
    await terminal.shows(/❯\s+2\s+work/);

    process.kill(terminal.programPid(), 'SIGTSTP');
    await terminal.hides('best now');
    await terminal.run('fg');
    await terminal.shows('best now');

    await terminal.press('C-c');
    await terminal.shows('error: interrupted');
    expect(await terminal.exitCode()).toBe(130);
    expect(await terminal.modes()).toEqual({ alternate: false, cursor: true });
  });

  test('gives the terminal back when it is ended or breaks', async () => {
    const home = await household();
    const breaking = join(home.home.directory, 'breaking.mjs');
    writeFileSync(breaking, 'process.on("SIGUSR1", () => { throw new Error("broken on purpose"); });');
    const terminal = await openDashboard(home, { variables: { NODE_OPTIONS: `--import=${breaking}` } });
    process.kill(terminal.programPid(), 'SIGTERM');
    await terminal.shows('error: interrupted');
    expect(await terminal.exitCode()).toBe(130);
    expect(await terminal.modes()).toEqual({ alternate: false, cursor: true });

    await terminal.run('clear');
    await terminal.start();
    await terminal.shows('best now');
    process.kill(terminal.programPid(), 'SIGUSR1');
    await terminal.shows('broken on purpose');
    expect(await terminal.modes()).toEqual({ alternate: false, cursor: true });
    await terminal.run('clear');
    await terminal.run('stty -a | tr ";" "\\n"');
    await terminal.shows(/\sicanon/, /\secho\s/);
  });

  test('ends with its terminal', async () => {
    const home = await household();
    const terminal = await openDashboard(home);
    const pid = terminal.programPid();
    await terminal.close();
    await expect.poll(() => isRunning(pid), { timeout: 25_000 }).toBe(false);
  });

  test('signs in to the first account, and login offers the way back', async () => {
    const home = new RefreshHome(temporaryDirectory(), provider);
    const terminal = await Terminal.open(home.home);
    await terminal.start();
    await terminal.shows('There are no accounts yet');
    await terminal.press('Enter');
    await completeLogin(terminal, alice);
    await terminal.shows('1 account', 'Signed in to', /●\s+1\s+alice/);
    expect(inUse(home)).toBe(alice.accountId);

    await terminal.press('a');
    await completeLogin(terminal, bob);
    await terminal.shows('Make it the active account?');
    await terminal.press('y', 'Enter');
    await terminal.shows('2 accounts', /●\s+2\s+bob/);
    expect(inUse(home)).toBe(bob.accountId);
    await terminal.press('q');
    await terminal.hides('2 accounts');

    await terminal.run('codex-auth login');
    await terminal.shows('You have accounts already');
    // The dashboard is the last of the choices, and the list does not go round.
    await terminal.press('Down', 'Down', 'Down', 'Down', 'Enter');
    await terminal.shows('2 accounts', /❯\s+1\s+alice/);
    await terminal.press('q');
    expect(await terminal.exitCode()).toBe(0);
  });
});

/** Signs in at the address that the screen shows last. */
async function completeLogin(terminal: Terminal, who: typeof alice): Promise<void> {
  const screen = await terminal.shows(/oauth\/authorize\S+state=\S+[\s\S]*Waiting for the browser/);
  const addresses = screen.split('Sign in here:');
  const driver = driveLogin(provider, who);
  driver.onStderr(addresses.at(-1) ?? '');
  await driver.finished();
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that has ended stays in the table until its parent has been told.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It has gone.
    return false;
  }
}
