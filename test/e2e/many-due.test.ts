import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { muchLater, runJson } from '../support/cli.js';
import { killEverywhere } from '../support/crash/steps.js';
import type { CrashTrial } from '../support/crash/trial.js';
import { type Cost, costOf, homeOfDue } from '../support/due-accounts.js';
import type { RefreshHome } from '../support/refresh-home.js';
import { directoryInMemory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });

/** Refreshes all accounts, and expects that no login was lost on the way. */
async function refreshed(command: string, count: number): Promise<Cost> {
  const due = await homeOfDue(provider, directoryInMemory(), count);
  const cost = await costOf(due, [command]);
  const stored = due.records().map(({ refreshToken = '' }) => provider.fateOf(refreshToken));
  expect(stored).toEqual(Array.from({ length: count }, () => 'live'));
  const { journal } = due.root.paths;
  expect(existsSync(journal) ? readdirSync(journal) : []).toEqual([]);
  return cost;
}

test.each(['check', 'renew'])(
  '%s of eight times as many accounts moves little more than eight times as much of the pool',
  async (command) => {
    const bytes = ({ read, written }: Cost) => read + written;
    const [ten, eighty] = [await refreshed(command, 10), await refreshed(command, 80)];
    // A write of the pool for each answer would move 64 times as much. A busy machine gets fewer answers at once.
    expect(bytes(eighty) / bytes(ten)).toBeLessThan(32);
  },
);

/** Which records have their newest login on disk: in the pool, or in an answer that the next run stores. */
function safe(due: RefreshHome): Set<string> {
  const answers = due.journal().flatMap(({ header, answer }) => (answer === undefined ? [] : header.accountIds[0]));
  const renewed = due.records().filter(({ tokenGeneration }) => Number(tokenGeneration) > 1);
  return new Set([...answers, ...renewed.map(({ recordId }) => recordId)].filter((id) => id !== undefined));
}

test('killed while the answers of many are stored together, it loses none that had reached the disk', {
  timeout: 600_000,
}, async () => {
  const trialIn = async (directory: string): Promise<CrashTrial<number>> => {
    const due = await homeOfDue(provider, directory, 8);
    return {
      home: due.home,
      argv: ['check'],
      async verify() {
        const before = safe(due);
        await runJson(due.home, ['check'], muchLater);
        const living = due.records().filter(({ refreshToken = '' }) => provider.fateOf(refreshToken) === 'live');
        expect(living.map(({ recordId }) => recordId)).toEqual(expect.arrayContaining([...before]));
        for (const { flaggedReason } of due.flagged()) expect(flaggedReason).toBe('rotation-lost');
        expect(due.journal()).toEqual([]);
        return before.size;
      },
    };
  };
  const isSampled = (steps: readonly string[]) => {
    const asked = steps.findIndex((step) => /^write \d+-[0-9a-f-]+\.json$/.test(step));
    return (index: number) => index > asked && index % 5 === 0;
  };
  const [inside] = await killEverywhere(trialIn, { directory: directoryInMemory(), isSampled });
  expect(inside.outcomes.length).toBeGreaterThan(20);
  expect(Math.max(...inside.outcomes.map(({ outcome }) => outcome))).toBe(8);
});
