import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePrivateHome } from '../../src/core/running/private-home.js';
import { muchLater, runCli } from '../support/cli.js';
import { refreshAsClient } from '../support/client-refresh.js';
import { killEverywhere } from '../support/crash/steps.js';
import type { CrashTrial } from '../support/crash/trial.js';
import { driveLogin } from '../support/drive-login.js';
import { RefreshHome } from '../support/refresh-home.js';
import { said } from '../support/seed.js';
import { directoryInMemory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });

interface Move {
  readonly title: string;
  /** The logins that home one and home two use before the switch, taken in this order. */
  readonly before: readonly [one: 'first' | 'second', two: 'first' | 'second'];
  readonly home: 'one' | 'two';
  readonly to: 'first' | 'second';
  /** The first home is one that `run` has made, beside the second. */
  readonly isPrivate?: true;
}

const moves: readonly Move[] = [
  { title: 'a home gets a link to the login of another', before: ['first', 'second'], home: 'two', to: 'first' },
  { title: 'a login moves to the home that had a link', before: ['first', 'first'], home: 'one', to: 'second' },
  { title: 'a link is replaced by another login', before: ['first', 'first'], home: 'two', to: 'second' },
  {
    title: 'a login moves out of a private home',
    before: ['first', 'second'],
    home: 'two',
    to: 'first',
    isPrivate: true,
  },
];

/** Two logins of persons of its own, and two homes under one root that use them. */
async function twoHomes(directory: string, { before, isPrivate }: Pick<Move, 'before' | 'isPrivate'>) {
  const name = directory.split('/').slice(-2).join('-');
  const people = { first: `first-${name}@example.com`, second: `second-${name}@example.com` };
  const homeAt = (each: string) => {
    const codexHome = join(directory, each);
    mkdirSync(codexHome, { recursive: true });
    return new RefreshHome(directory, provider, { codexHome });
  };
  const two = homeAt('two');
  const homes = { one: isPrivate ? privateHome(two) : homeAt('one'), two };
  for (const email of Object.values(people)) {
    provider.people.addAccount({ email });
    await homes.one.addAccount(email, { email, issuedAt: Date.now() - 3_600_000 });
  }
  const use = async (each: 'one' | 'two', who: 'first' | 'second') => {
    const result = await runCli(homes[each].home, ['switch', people[who]]);
    expect(result.exitCode, said(result)).toBe(0);
  };
  await use('one', before[0]);
  await use('two', before[1]);
  return { homes, people, use };
}

function privateHome({ home, root }: RefreshHome): RefreshHome {
  const codexHome = join(root.paths.privateHomes, 'one');
  makePrivateHome(root, codexHome, home.codexHome);
  return new RefreshHome(home.directory, provider, { codexHome });
}

type TwoHomes = Awaited<ReturnType<typeof twoHomes>>;

/** The outcome is how many homes have been left without a login. */
async function trialIn(directory: string, move: Move): Promise<CrashTrial<number>> {
  const killed = await twoHomes(directory, move);
  const { homes, people } = killed;
  return {
    home: homes[move.home].home,
    argv: ['switch', people[move.to]],
    watched: [homes.one.home.codexHome, homes.two.home.codexHome, homes.one.home.root],
    verify: () => verify(killed, move),
  };
}

/**
 * One home after the other refreshes. After each, the token in every home that has a login is alive. A kill between the
 * two renames of a move leaves a home without a login, until the next command gives it one.
 */
async function expectAlive({ homes }: TwoHomes): Promise<void> {
  for (const name of ['one', 'two', 'one'] as const) {
    const signedIn = Object.values(homes).filter(({ home }) => existsSync(home.authFile));
    if (signedIn.includes(homes[name])) await refreshAsClient(homes[name]);
    for (const each of signedIn) expect(provider.fateOf(each.authFile().tokens.refresh_token)).toBe('live');
  }
}

describe('a switch that is killed at any of its steps in the homes, while', () => {
  it.each(moves)('$title, leaves each login in one file', { timeout: 600_000 }, async (move) => {
    const trial = (directory: string) => trialIn(directory, move);
    const kills = await killEverywhere(trial, { directory: directoryInMemory(), isMeant: isAboutHomes });
    for (const { outcomes } of kills) {
      expect(outcomes.filter(({ outcome }) => outcome > 0).length).toBeLessThanOrEqual(1);
    }
    expect(kills[0].outcomes.length).toBeGreaterThan(5);
  });
});

/** Signs in again in a home that does not use the account, while the other does; 1 where the new login is nowhere. */
async function signInTrial(directory: string): Promise<CrashTrial<number>> {
  const killed = await twoHomes(directory, { before: ['first', 'second'] });
  const { homes, people } = killed;
  const before = homes.one.authFile().tokens.refresh_token;
  const newest = () => homes.two.record(people.first).refreshToken;
  return {
    home: homes.two.home,
    argv: ['login', '--no-activate'],
    onStderr: driveLogin(provider, { email: people.first }).onStderr,
    watched: [homes.one.home.codexHome, homes.one.home.root],
    async verify() {
      for (const each of ['one', 'two', 'one'] as const) await runCli(homes[each].home, ['check']);
      expect(homes.one.authFile().tokens.refresh_token).toBe(newest());
      await expectAlive(killed);
      return newest() === before ? 1 : 0;
    },
  };
}

describe('a sign-in that is killed at any of its steps', () => {
  it('leaves one login, which every home has after the next command', { timeout: 600_000 }, async () => {
    const isMeant = (step: string) => /(auth|homes|accounts|lineage)\.(ndjson|json)|journal/.test(step);
    const kills = await killEverywhere(signInTrial, { directory: directoryInMemory(), isMeant });
    const [{ outcomes }] = kills;
    expect(outcomes.length).toBeGreaterThan(10);
    expect(outcomes.filter(({ outcome }) => outcome === 0).length).toBeGreaterThan(3);
    expect(outcomes.filter(({ outcome }) => outcome === 1).length).toBeGreaterThan(0);
  });
});

/** The credentials of the homes and the list of these, but not the locks. */
function isAboutHomes(step: string): boolean {
  return /(auth|homes)\.json/.test(step) && !step.includes('.lock');
}

/** Everything that must hold after a kill; how many homes it has left without a login. */
async function verify(killed: TwoHomes, { home, to, isPrivate }: Move): Promise<number> {
  const signedOut = signedOutIn(killed);
  await expectAlive(killed);
  await killed.use(home, to);
  // The next `run` as the first account uses its private home again.
  if (isPrivate) await killed.use('one', 'first');
  expect(signedOutIn(killed)).toBe(0);
  await expectAlive(killed);
  const { one } = killed.homes;
  const result = await runCli(one.home, ['check'], muchLater);
  expect(result.exitCode, said(result)).toBe(0);
  for (const { refreshToken = '' } of one.records()) expect(provider.fateOf(refreshToken)).toBe('live');
  return signedOut;
}

function signedOutIn({ homes }: TwoHomes): number {
  return Object.values(homes).filter(({ home }) => !existsSync(home.authFile)).length;
}
