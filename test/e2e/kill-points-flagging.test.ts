import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { muchLater, runJson } from '../support/cli.js';
import { keptFrom, killEverywhere } from '../support/crash/steps.js';
import type { CrashTrial } from '../support/crash/trial.js';
import { setAside } from '../support/flagged-records.js';
import { alice, bob, carol, RefreshHome, type StoredRecord } from '../support/refresh-home.js';
import { directoryInMemory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });
let prepared: RefreshHome;
beforeEach(async () => {
  prepared = new RefreshHome(join(directoryInMemory(), 'prepared'), provider);
  await prepared.addAccount('acc_alice', alice);
  await prepared.addAccount('acc_bob', bob);
});

/** A command, and the account that it moves. The outcome `kept` says that the account is where it was to be moved. */
interface Expectation {
  readonly argv: readonly string[];
  readonly moved: string;
  readonly to: 'pool' | 'flagged';
}

/** Each trial has a login of its own to refresh: one that is spent in another trial would be dead here. */
async function trialIn(directory: string, { argv, moved, to }: Expectation): Promise<CrashTrial> {
  cpSync(prepared.home.directory, directory, { recursive: true });
  const crashed = new RefreshHome(directory, provider);
  await crashed.addAccount('acc_carol', carol);
  setAside(crashed, ['acc_carol']);
  const { home } = crashed;
  return {
    home,
    argv,
    async verify() {
      expectParsable(home.root);
      // A token was spent, and its answer was not on disk yet: nobody can prevent that, and the next run tells (P4).
      const isSpent = provider.fateOf(crashed.record('acc_carol').refreshToken ?? '') === 'spent';
      const isAnswerLost = isSpent && crashed.journal().some(({ answer }) => answer === undefined);
      const usable = idsIn((await runJson(home, ['list'])).document.data.accounts);
      const aside = idsIn((await runJson(home, ['verify-flagged', '--dry-run', '--no-probe'])).document.data.results);
      assert.deepEqual([...usable, ...aside].sort(), everyone);
      // The next writer settles on disk what the reading commands have shown.
      await runJson(home, ['label', 'acc_alice', 'written']);
      assert.deepEqual(idsOf(crashed.records()), usable);
      assert.deepEqual(idsOf(crashed.flagged()), aside);
      for (const { recordId, refreshToken = '' } of [...crashed.records(), ...crashed.flagged()]) {
        const isLost = isAnswerLost && recordId === 'acc_carol';
        if (!isLost) assert.equal(provider.fateOf(refreshToken), 'live', `the login of ${recordId} was lost`);
      }
      expectTidy(home.codexHome);
      await runJson(home, argv, muchLater);
      const end = to === 'pool' && !isAnswerLost ? crashed.records() : crashed.flagged();
      assert.ok(idsOf(end).includes(moved), 'the same command does not finish it');
      return (to === 'pool' ? usable : aside).includes(moved) ? 'kept' : 'not-begun';
    },
  };
}

const everyone = ['acc_alice', 'acc_bob', 'acc_carol'];
const idsOf = (records: readonly StoredRecord[]) => records.map(({ recordId }) => recordId);

function expectTidy(directory: string): void {
  const left = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    left.filter((path) => path.endsWith('.tmp') || path.endsWith('store.held')),
    [],
  );
}

const idsIn = (entries: { id: string }[]) => entries.map(({ id }) => id);

function expectParsable(directory: string): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    if (!/\.json(\.bak.*)?$/.test(name) || /\.tmp|refresh-journal/.test(name) || !statSync(path).isFile()) continue;
    assert.doesNotThrow(() => JSON.parse(readFileSync(path, 'utf8')), `${path} does not parse`);
  }
}

function killIn(expectation: Expectation) {
  return killEverywhere((directory) => trialIn(directory, expectation), { directory: directoryInMemory() });
}

describe('a process killed at any of its file-system steps', () => {
  it('while it sets an account aside leaves it in one place', { timeout: 600_000 }, async () => {
    for (const points of await killIn({ argv: ['flag', 'acc_bob'], moved: 'acc_bob', to: 'flagged' })) {
      const written = points.steps.findIndex((step) => /^rename \.openai-codex-flagged-accounts\.json\.\d/.test(step));
      expect(points.outcomes).toEqual(keptFrom(written + 1, points));
    }
  });

  it('while it brings an account back leaves it in one place, with a token that is good', {
    timeout: 600_000,
  }, async () => {
    const argv = ['verify-flagged', '--no-probe'];
    for (const points of await killIn({ argv, moved: 'acc_carol', to: 'pool' })) {
      const written = points.steps.findLastIndex((step) => /^rename \.openai-codex-accounts\.json\.\d/.test(step));
      expect(points.outcomes).toEqual(keptFrom(written + 1, points));
    }
  });
});
