import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { muchLater, runCli } from '../support/cli.js';
import { findRealCodex, type RealCodexHome, realCodexHome, runCodex } from '../support/real-codex.js';
import { alice, carol, RefreshHome } from '../support/refresh-home.js';
import { said } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

/** The official client refreshes a token with five minutes left or less, and one with more only later. */
const [dueSeconds, notDueSeconds] = [300, 400];

type HomeName = 'one' | 'two';
type Switch = readonly [HomeName, typeof alice];

/**
 * Switches between all states of two homes and two logins: each home has a login of its own, or both use the file of
 * the first or of the second home. From every shared file first one home leaves, and another time the other.
 */
const everyOrder: readonly Switch[] = [
  ['two', alice],
  ['one', carol],
  ['one', alice],
  ['two', carol],
  ['two', alice],
  ['two', carol],
  ['one', carol],
  ['one', alice],
  ['one', carol],
  ['two', alice],
  ['two', carol],
  ['one', alice],
  ['two', alice],
  ['one', carol],
  ['two', carol],
  ['two', alice],
  ['one', alice],
  ['one', carol],
];

interface Seat {
  readonly ours: RefreshHome;
  readonly client: RealCodexHome;
}

describe.skipIf('missing' in codex)(`two homes of the official client under one root${why}`, () => {
  const provider = useProvider();

  function seatIn(directory: string, name: HomeName): Seat {
    const client = realCodexHome(join(directory, name), provider);
    return { client, ours: new RefreshHome(directory, provider, { codexHome: client.codexHome }) };
  }

  /** One turn of the real client, which is answered as the account that the home is on. */
  async function exec({ client }: Seat, { email }: typeof alice): Promise<void> {
    const { exitCode, stdout, stderr } = await runCodex(['exec', '--skip-git-repo-check', 'hi'], { home: client });
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(`Hello ${email}`);
  }

  const newestOf = ({ accountId }: typeof alice) =>
    provider.issued.all.filter((each) => each.accountId === accountId).at(-1)?.refresh_token;

  test('keep every login alive, whichever of them it goes to and wherever the client refreshes it', async () => {
    const directory = temporaryDirectory();
    const seats = { one: seatIn(directory, 'one'), two: seatIn(directory, 'two') };
    const { ours } = seats.one;
    for (const who of [alice, carol]) await ours.addAccount(who.email, { ...who, expiresInSeconds: notDueSeconds });
    provider.scenario.accessTokenSeconds = notDueSeconds;
    const uses = { one: alice, two: carol };
    const command = async (name: HomeName, ...words: string[]) => {
      const result = await runCli(seats[name].ours.home, words, muchLater);
      expect(result.exitCode, said(result)).toBe(0);
    };
    const use = async (name: HomeName, who: typeof alice) => {
      await command(name, 'switch', who.email);
      uses[name] = who;
    };
    const rotate = async (name: HomeName) => {
      provider.scenario.accessTokenSeconds = dueSeconds;
      await command(name === 'one' ? 'two' : 'one', 'renew', uses[name].email, '--force');
      provider.scenario.accessTokenSeconds = notDueSeconds;
      expectNewest();
      const before = provider.requests.refreshes().length;
      await exec(seats[name], uses[name]);
      expect(provider.requests.refreshes().length).toBe(before + 1);
      expectNewest();
    };
    const expectNewest = () => {
      for (const name of ['one', 'two'] as const) {
        const held = seats[name].ours.authFile().tokens.refresh_token;
        expect([held, provider.fateOf(held)]).toEqual([newestOf(uses[name]), 'live']);
      }
    };

    for (const name of ['one', 'two'] as const) await use(name, uses[name]);
    for (const [step, [name, who]] of everyOrder.entries()) {
      await use(name, who);
      expectNewest();
      await rotate(step % 2 === 0 ? 'two' : 'one');
    }
    for (const name of ['one', 'two'] as const) await exec(seats[name], uses[name]);
    await command('one', 'check');
    expectNewest();
    for (const who of [alice, carol]) expect(ours.record(who.email).refreshToken).toBe(newestOf(who));
    expect(new Set(provider.requests.refreshes().map(({ status }) => status))).toEqual(new Set([200]));
  });
});
