import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBuilt } from '../support/built.js';
import { muchLater, runJson } from '../support/cli.js';
import { killAtStep, listSteps } from '../support/crash/steps.js';
import { type Cost, costOf, homeOfDue } from '../support/due-accounts.js';
import { inParallel } from '../support/parallel.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import type { RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';

let provider: Provider;

beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.stop());

/** Refreshes everybody, and shows that nobody was lost on the way. */
async function refreshed(command: string, count: number): Promise<Cost> {
  const due = await homeOfDue(provider, temporaryDirectory(), count);
  const cost = await costOf(due, [command]);
  const stored = due.records().map(({ refreshToken = '' }) => provider.fateOf(refreshToken));
  expect(stored).toEqual(Array.from({ length: count }, () => 'live'));
  const { journal } = due.root.paths;
  expect(existsSync(journal) ? readdirSync(journal) : []).toEqual([]);
  return cost;
}

test.each(['check', 'renew'])(
  '%s of eight times as many accounts moves little more than eight times as much of the pool',
  { timeout: 120_000 },
  async (command) => {
    const bytes = ({ read, written }: Cost) => read + written;
    const [ten, eighty] = [await refreshed(command, 10), await refreshed(command, 80)];
    expect(bytes(eighty) / bytes(ten)).toBeLessThan(20);
  },
);

/** Which records have their newest login on disk: in the pool, or in an answer that the next run stores. */
function safe(due: RefreshHome): Set<string> {
  const answers = due.journal().flatMap(({ header, answer }) => (answer === undefined ? [] : header.accountIds[0]));
  const renewed = due.records().filter(({ tokenGeneration }) => Number(tokenGeneration) > 1);
  return new Set([...answers, ...renewed.map(({ recordId }) => recordId)].filter((id) => id !== undefined));
}

test('killed while the answers of many are stored together, it loses none that had reached the disk', {
  timeout: 300_000,
}, async () => {
  const directory = temporaryDirectory();
  const trialOf = async (number: number) => {
    const due = await homeOfDue(provider, `${directory}/${number}`, 8);
    const start: Parameters<typeof killAtStep>[0]['start'] = (options) => startBuilt(due.home, ['check'], options);
    return { due, trial: { home: due.home, start, verify: async () => 'kept' as const } };
  };
  const steps = await listSteps((await trialOf(0)).trial, `${directory}/steps.json`);
  const asked = steps.findIndex((step) => /^write \d+-[0-9a-f-]+\.json$/.test(step));
  const sampled = [...steps.keys()].filter((index) => index > asked && index % 5 === 0);
  expect(sampled.length).toBeGreaterThan(20);
  const together = await inParallel(3, sampled, async (index) => {
    const { due, trial } = await trialOf(index);
    await killAtStep(trial, index + 1);
    const before = safe(due);
    await runJson(due.home, ['check'], muchLater);
    const living = due.records().filter(({ refreshToken = '' }) => provider.fateOf(refreshToken) === 'live');
    expect(
      living.map(({ recordId }) => recordId),
      `killed at step ${index + 1} of ${steps.length}, ${steps[index]}`,
    ).toEqual(expect.arrayContaining([...before]));
    for (const { flaggedReason } of due.flagged()) expect(flaggedReason).toBe('rotation-lost');
    expect(due.journal()).toEqual([]);
    return before.size;
  });
  expect(Math.max(...together)).toBe(8);
});
