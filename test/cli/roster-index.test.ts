import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { codexHomeAt } from '../../src/core/codex/home.js';
import { readRoster } from '../../src/core/roster/roster.js';
import { openRosterIndex } from '../../src/core/roster/roster-index.js';
import { rootPaths } from '../../src/core/storage/paths.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import { Evidence } from '../support/canary.js';
import { type CliOptions, createTestHome, runCli, type TestHome } from '../support/cli.js';
import { damages } from '../support/damages.js';
import { alice, aliceAtStudio, bob, noon, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, modeOf } from '../support/stored-accounts.js';

const atNoon: CliOptions = { clock: clockAt(noon) };
const leaving: CliOptions = { ...atNoon, leavesIndex: true };
const hasOwners = process.geteuid !== undefined;
const views = [['list'], ['status'], ['forecast', '--cached'], ['best', '--cached'], ['__complete', 'switch', '']];

function homeWithAccounts(): TestHome {
  const home = createTestHome();
  writePool(home, [alice, aliceAtStudio, bob], { activeId: alice.id });
  writeLogin(home, alice);
  return home;
}

const cacheOf = (home: TestHome) => join(home.root, 'cache');

/** The path of the index that a run has left; what was written in the same instant is too new for one. */
async function indexOf(home: TestHome): Promise<string> {
  return vi.waitFor(
    async () => {
      await runCli(home, ['list'], leaving);
      const [name] = readdirSync(cacheOf(home)).filter((each) => each.startsWith('index-'));
      if (name === undefined) throw new Error('there is none yet');
      return join(cacheOf(home), name);
    },
    { timeout: 60_000, interval: 10 },
  );
}

async function answers(home: TestHome, options: CliOptions = atNoon) {
  const found = [];
  for (const view of views) found.push(await runCli(home, view, options));
  return found;
}

/** What is said where no index was ever made. */
async function plainAnswers(home: TestHome) {
  const away = `${cacheOf(home)}-away`;
  renameSync(cacheOf(home), away);
  const found = await answers(home);
  renameSync(away, cacheOf(home));
  return found;
}

/** Changes what the index holds, in both of its equal halves, as a program with the rights of the person can. */
function forge(path: string, change: (content: Record<string, unknown>) => unknown): void {
  const [about, inputs, content = ''] = readFileSync(path, 'utf8').split('\n');
  const half = `${about}\n${inputs}\n${JSON.stringify(change(JSON.parse(content)))}\n`;
  writeFileSync(path, half + half);
}

describe.skipIf(!hasOwners)('the index', () => {
  it('is left by whoever reads without one, for its owner only, and read by the next', async () => {
    const home = homeWithAccounts();
    const path = await indexOf(home);
    expect([modeOf(cacheOf(home)), modeOf(path)]).toEqual([0o700, 0o600]);
    forge(path, (content) => JSON.parse(JSON.stringify(content).replaceAll('"home"', '"read"')));
    expect((await runCli(home, ['list'], atNoon)).stdout).toContain('read <alice@example.com>');
  });

  it('holds no token and no part of one', async () => {
    const home = homeWithAccounts();
    const evidence = new Evidence();
    evidence.add('the index', readFileSync(await indexOf(home), 'utf8'));
    const secrets = [alice, aliceAtStudio, bob].flatMap(({ tokens }) =>
      [tokens.accessToken, tokens.idToken, tokens.refreshToken].flatMap((token) => token?.reveal() ?? []),
    );
    expect(secrets.length).toBeGreaterThan(5);
    expect(evidence.leaks(secrets)).toEqual([]);
  });

  it('is not left in a root that does not exist yet, nor by a run that nobody ends', async () => {
    const home = createTestHome();
    await runCli(home, ['list'], leaving);
    expect(existsSync(home.root)).toBe(false);
    const other = homeWithAccounts();
    await runCli(other, ['list'], atNoon);
    expect(existsSync(cacheOf(other))).toBe(false);
  });

  it.each(Object.entries(damages))('changes no answer when it %s, and is made anew', async (_what, damage) => {
    const home = homeWithAccounts();
    const path = await indexOf(home);
    const expected = await plainAnswers(home);
    writeFileSync(path, damage(readFileSync(path)));
    expect(await answers(home)).toEqual(expected);
    await runCli(home, ['list'], leaving);
    forge(path, (content) => content);
    expect(await answers(home)).toEqual(expected);
  });

  const lies: Record<string, (content: Record<string, unknown>) => unknown> = {
    'is null': () => null,
    'is a list': () => [],
    'has no scopes': ({ scopes: _, ...rest }) => rest,
    'has an empty list of scopes': (content) => ({ ...content, scopes: [] }),
    'has accounts that are none': (content) => ({ ...content, scopes: [{ pool: { accounts: [1, null] } }] }),
    'has a number for a name': (content) => JSON.parse(JSON.stringify(content).replaceAll('"home"', '7')),
    'has a token for a mark': (content) => JSON.parse(JSON.stringify(content).replaceAll('true', '"rt-1"')),
    'has too few names': (content) => JSON.parse(JSON.stringify(content).replaceAll(',"bob@example.com"', '')),
    'does not say whom the person has turned off': (content) =>
      JSON.parse(JSON.stringify(content).replaceAll('"enabled"', '"enabled?"')),
    'has a name for a record of accounts': (content) =>
      JSON.parse(JSON.stringify(content).replace(/"id":\[[^\]]*\]/, '"id":"acc"')),
    'has a place that is none for the account in use': (content) => ({
      ...content,
      active: { scope: -1, position: 0.5 },
    }),
    'is nested deeper than anybody means': () => {
      let nested: unknown = {};
      for (let level = 0; level < 500; level += 1) nested = [nested];
      return nested;
    },
  };

  it.each(Object.entries(lies))('changes no answer when what it holds %s', async (_what, lie) => {
    const home = homeWithAccounts();
    const path = await indexOf(home);
    const expected = await plainAnswers(home);
    forge(path, lie);
    expect(await answers(home)).toEqual(expected);
  });

  it('is not read when it is larger than any that is made here', async () => {
    const home = homeWithAccounts();
    const path = await indexOf(home);
    const expected = await plainAnswers(home);
    truncateSync(path, 1024 ** 4);
    expect(await answers(home)).toEqual(expected);
  });

  it('is that of one program and one home', async () => {
    const [home, other] = [homeWithAccounts(), homeWithAccounts()];
    const [path, foreign] = [await indexOf(home), await indexOf(other)];
    const expected = await plainAnswers(home);
    const ours = readFileSync(path);
    writeFileSync(path, readFileSync(foreign));
    expect(await answers(home)).toEqual(expected);
    writeFileSync(path, ours.toString().replaceAll('0.0.0-test', '0.0.1-test').replaceAll('"home"', '"else"'));
    expect(await answers(home)).toEqual(expected);
  });

  const others: Record<string, (path: string) => void> = {
    'the group can write': (path) => chmodSync(path, 0o620),
    'is in a directory that everybody can write to': (path) => chmodSync(join(path, '..'), 0o777),
    'is a link': (path) => {
      renameSync(path, `${path}.real`);
      symlinkSync(`${path}.real`, path);
    },
    'is a directory': (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  };

  it.each(Object.entries(others))('is not believed when it %s', async (_what, prepare) => {
    const home = homeWithAccounts();
    const path = await indexOf(home);
    const expected = await plainAnswers(home);
    forge(path, (content) => JSON.parse(JSON.stringify(content).replaceAll('"home"', '"forged"')));
    prepare(path);
    expect(await answers(home)).toEqual(expected);
  });

  it('is done without, and nothing is said, where none can be written', async () => {
    const home = homeWithAccounts();
    const expected = await answers(home);
    writeFileSync(cacheOf(home), '');
    expect(await answers(home, leaving)).toEqual(expected);
    expect(readFileSync(cacheOf(home), 'utf8')).toBe('');
  });

  it('is not believed over a pool of the same length and time', async () => {
    const home = homeWithAccounts();
    const labels = ['even', 'odds'];
    for (let round = 0; round < 12; round += 1) {
      const label = labels[round % 2] ?? '';
      const before = existsSync(home.poolFile) ? statSync(home.poolFile) : undefined;
      writePool(home, [{ ...alice, label }, bob], { activeId: alice.id });
      if (before !== undefined) utimesSync(home.poolFile, before.atime, before.mtime);
      // Whichever of these runs leaves an index, the next one must not print the old pool.
      for (let look = 0; look < 3; look += 1) {
        expect((await runCli(home, ['list'], leaving)).stdout).toContain(`${label} <alice@example.com>`);
      }
    }
  });

  it('is made beside a private home whose settings are those of a home that has none, until it has', async () => {
    const home = homeWithAccounts();
    await runCli(home, ['run', '2', '--', 'true'], { ...atNoon, launch: async () => 0 });
    const path = await indexOf(home);
    forge(path, (content) => JSON.parse(JSON.stringify(content).replaceAll('"home"', '"read"')));
    expect((await runCli(home, ['list'], atNoon)).stdout).toContain('read <alice@example.com>');
    writeFileSync(join(home.codexHome, 'config.toml'), '');
    expect((await runCli(home, ['list'], atNoon)).stdout).toContain('home <alice@example.com>');
  });

  it('is not made of files that are younger than the coarsest clock', async () => {
    const home = homeWithAccounts();
    const root = { paths: rootPaths(home.root), clock: clockAt(noon), processes: systemProcesses };
    const userId = process.geteuid?.();
    const owned = userId === undefined ? root : { ...root, effectiveUserId: userId };
    const codexHome = codexHomeAt(home.codexHome);
    const index = openRosterIndex(owned, codexHome, { kind: 'global' }, { version: '1' });
    expect(index?.read()).toBeUndefined();
    index?.keep(readRoster(owned, codexHome, { kind: 'global' }));
    expect(readdirSync(cacheOf(home))).toEqual([]);
  });

  it('keeps a few files, and those of V8 are none of them', async () => {
    const home = homeWithAccounts();
    await indexOf(home);
    for (let number = 0; number < 20; number += 1) writeFileSync(join(cacheOf(home), `index-old${number}`), '');
    writeFileSync(join(cacheOf(home), 'list-1'), '');
    await indexOf(home);
    writePool(home, [alice, bob]);
    await vi.waitFor(
      async () => {
        await runCli(home, ['list'], leaving);
        expect(readdirSync(cacheOf(home)).filter((name) => name.startsWith('index-')).length).toBeLessThanOrEqual(8);
      },
      { timeout: 60_000, interval: 10 },
    );
    expect(existsSync(join(cacheOf(home), 'list-1'))).toBe(true);
  });
});
