import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectKey } from '../../src/core/project/identity.js';
import { runJson } from '../support/cli.js';
import { keptFrom, killEverywhere } from '../support/crash/steps.js';
import type { CrashTrial } from '../support/crash/trial.js';
import { sampleAccount, writePool } from '../support/sample-pool.js';
import { directoryInMemory } from '../support/temporary.js';
import { makeTestHome, type TestHome } from '../support/test-home.js';

const person = (name: string) => ({ userId: `user-${name}`, accountId: `at-${name}`, email: `${name}@example.com` });
const accountOf = (name: string) => sampleAccount(`acc_${name}`, person(name), { label: name, enabled: false });
const everyone = ['acc_alice', 'acc_bob', 'acc_carol', 'acc_dave'];

/** A repository and a linked worktree of it, as git lays them out; commands run in the worktree. */
interface Checkouts {
  readonly home: TestHome;
  readonly key: string;
  readonly legacyKey: string;
}

function makeCheckouts(directory: string): Checkouts {
  const home = makeTestHome(directory);
  const repository = join(directory, 'repository');
  const gitDir = join(repository, '.git', 'worktrees', 'work');
  for (const path of [gitDir, ...['refs', 'objects'].map((name) => join(repository, '.git', name))]) {
    mkdirSync(path, { recursive: true });
  }
  for (const path of [gitDir, join(repository, '.git')]) writeFileSync(join(path, 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(gitDir, 'commondir'), '../..\n');
  writeFileSync(join(gitDir, 'gitdir'), `${join(home.cwd, '.git')}\n`);
  writeFileSync(join(home.cwd, '.git'), `gitdir: ${gitDir}\n`);
  return { home, key: projectKey(repository), legacyKey: projectKey(home.cwd) };
}

function setAside(poolFile: string, id: string): void {
  const { accounts, ...pool } = JSON.parse(readFileSync(poolFile, 'utf8'));
  const isMeant = ({ recordId }: { recordId: string }) => recordId === id;
  const flagged = {
    ...accounts.find(isMeant),
    flaggedAt: 1,
    flaggedReason: 'manual',
    verificationCount: 0,
    movedAt: 1,
  };
  writeFileSync(poolFile, JSON.stringify({ ...pool, accounts: accounts.filter((each: never) => !isMeant(each)) }));
  writeFileSync(flaggedBeside(poolFile), JSON.stringify({ version: 1, accounts: [flagged] }), { mode: 0o600 });
}

const flaggedBeside = (poolFile: string) => join(poolFile, '..', 'openai-codex-flagged-accounts.json');

interface Expectation {
  readonly argv: readonly string[];
  readonly plant: (checkouts: Checkouts) => void;
  /** The records that the command brings to the project, in the file named. */
  readonly moved: readonly string[];
  readonly part: 'pool' | 'flagged';
}

function trialIn(directory: string, { argv, plant, moved, part }: Expectation): CrashTrial {
  const checkouts = makeCheckouts(directory);
  const { home, key } = checkouts;
  plant(checkouts);
  const poolFile = join(home.root, 'projects', key, 'openai-codex-accounts.json');
  const destination = part === 'pool' ? poolFile : flaggedBeside(poolFile);
  return {
    home,
    argv,
    async verify() {
      expectParsable(home.root);
      assert.deepEqual(await shown(home), everyone, 'reading commands do not show everybody once');
      const arrived = moved.every((id) => idsIn(destination).includes(id));
      // The next writer, wherever it runs, settles on disk what the reading commands have shown.
      await runJson(home, ['label', 'acc_dave', 'written', '--global']);
      const stored = storedIn(home);
      assert.deepEqual(stored.map(({ recordId }) => recordId).sort(), everyone);
      for (const { recordId, refreshToken, enabled } of stored) {
        assert.deepEqual([refreshToken, enabled], [`rt-${recordId}`, false], `${recordId} has changed`);
      }
      expectTidy(home.codexHome);
      assert.equal((await runJson(home, argv)).exitCode, 0);
      assert.deepEqual(
        moved.filter((id) => !idsIn(destination).includes(id)),
        [],
        'the same command does not finish it',
      );
      assert.deepEqual(
        storedIn(home)
          .map(({ recordId }) => recordId)
          .sort(),
        everyone,
      );
      return arrived ? 'kept' : 'not-begun';
    },
  };
}

/** The accounts that reading commands show in both scopes, those that are set aside included. */
async function shown(home: TestHome): Promise<string[]> {
  const ids: string[] = [];
  for (const scope of [[], ['--global']]) {
    const { accounts, flagged } = (await runJson(home, ['report', '--cached', ...scope])).document.data;
    ids.push(...[...accounts, ...flagged].map(({ id }: { id: string }) => id));
  }
  return ids.sort();
}

type StoredRecord = { readonly recordId: string; readonly refreshToken: string; readonly enabled: boolean };

function recordsIn(path: string): StoredRecord[] {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).accounts : [];
}

const idsIn = (path: string) => recordsIn(path).map(({ recordId }) => recordId);

function storedIn(home: TestHome): StoredRecord[] {
  const keys = existsSync(join(home.root, 'projects')) ? readdirSync(join(home.root, 'projects')) : [];
  const pools = [home.poolFile, ...keys.map((key) => join(home.root, 'projects', key, 'openai-codex-accounts.json'))];
  return pools.flatMap((pool) => [...recordsIn(pool), ...recordsIn(flaggedBeside(pool))]);
}

function expectParsable(directory: string): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    if (!/\.json(\.bak.*)?$/.test(name) || name.includes('.tmp') || !statSync(path).isFile()) continue;
    assert.doesNotThrow(() => JSON.parse(readFileSync(path, 'utf8')), `${path} does not parse`);
  }
}

function expectTidy(directory: string): void {
  const left = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const untidy = left.filter((path) => path.endsWith('.tmp') || path.endsWith('store.held'));
  assert.deepEqual(untidy, []);
}

function killIn(expectation: Expectation) {
  return killEverywhere((directory) => trialIn(directory, expectation), { directory: directoryInMemory() });
}

const isPoolWritten = (step: string) => /^rename \.openai-codex-accounts\.json\.\d/.test(step);
const isFlaggedWritten = (step: string) => /^rename \.openai-codex-flagged-accounts\.json\.\d/.test(step);

function inBothPools({ home, key }: Checkouts): string {
  writePool(home, [accountOf('dave')], {}, key);
  return writePool(home, ['alice', 'bob', 'carol'].map(accountOf), { activeId: 'acc_alice', previousId: 'acc_bob' });
}

describe('a process killed at any of its file-system steps', () => {
  it('while it moves an account to another pool leaves it in one of them', { timeout: 600_000 }, async () => {
    const kills = await killIn({
      argv: ['move', 'acc_alice', '--to', '.'],
      plant: inBothPools,
      moved: ['acc_alice'],
      part: 'pool',
    });
    for (const points of kills) {
      expect(points.outcomes).toEqual(keptFrom(points.steps.findIndex(isPoolWritten) + 1, points));
    }
  });

  it('while it moves one that is set aside does the same', { timeout: 600_000 }, async () => {
    const kills = await killIn({
      argv: ['move', 'acc_bob', '--to', '.'],
      plant: (checkouts) => setAside(inBothPools(checkouts), 'acc_bob'),
      moved: ['acc_bob'],
      part: 'flagged',
    });
    for (const points of kills) {
      expect(points.outcomes).toEqual(keptFrom(points.steps.findIndex(isFlaggedWritten) + 1, points));
    }
  });

  it('while it merges what an older version kept for one checkout loses none of it', { timeout: 600_000 }, async () => {
    const kills = await killIn({
      argv: ['disable', 'acc_alice'],
      plant(checkouts) {
        const { home, legacyKey } = checkouts;
        writePool(home, [accountOf('dave')]);
        const legacy = writePool(home, ['alice', 'bob', 'carol'].map(accountOf), { activeId: 'acc_bob' }, legacyKey);
        setAside(legacy, 'acc_carol');
      },
      moved: ['acc_alice', 'acc_bob'],
      part: 'pool',
    });
    for (const points of kills) {
      expect(points.outcomes).toEqual(keptFrom(points.steps.findIndex(isPoolWritten) + 1, points));
    }
  });
});
