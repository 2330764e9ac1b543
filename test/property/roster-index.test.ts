import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Account } from '../../src/core/accounts/account.js';
import { type CliOptions, createTestHome, runCli, type TestHome } from '../support/cli.js';
import { makeProject } from '../support/project-home.js';
import { alice, aliceAtStudio, bob, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, writeJson } from '../support/stored-accounts.js';

const day = 86_400_000;
const person = (name: string) => ({
  userId: `user-${name}`,
  accountId: `account-${name}`,
  email: `${name}@example.com`,
});
const carol = sampleAccount('acc_carol', person('carol'), { priority: 'last', reservePercent: 10 });
const twin = sampleAccount('acc_twin', { ...person('twin'), email: 'alice@example.com' }, { label: 'home' });
const { refreshToken: _refresh, ...accessOnly } = sampleAccount('acc_dave', person('dave')).tokens;
const dave: Account = { ...sampleAccount('acc_dave', person('dave')), tokens: accessOnly };
const erin: Account = { ...sampleAccount('acc_erin', person('erin')), tokens: bob.tokens, label: 'mixed\u001b[31m up' };
const frank: Account = { ...sampleAccount('acc_frank', {}), label: '漢字 👩‍👩‍👧', planType: 'pro' };
const people: readonly Account[] = [alice, aliceAtStudio, bob, carol, twin, dave, erin, frank];

const flaggedName = 'openai-codex-flagged-accounts.json';

/** A change that is made to the files between two runs. */
type Edit = (home: TestHome, project: string) => void;

const someOf = fc.subarray([...people]);
const pool = fc.record({ accounts: someOf, active: fc.option(fc.constantFrom(...people)) });
const window = fc.record({
  id: fc.constantFrom('5h', '7d'),
  durationSeconds: fc.constantFrom(18_000, 604_800),
  usedPercent: fc.integer({ min: 0, max: 100 }),
  resetsAt: fc.integer({ min: noon - day, max: noon + 5 * day }),
});
const quota = fc.record({
  observedAt: fc.integer({ min: noon - 2 * day, max: noon }),
  planType: fc.constantFrom('plus', 'team'),
  windows: fc.array(window, { maxLength: 2 }),
  allowed: fc.boolean(),
  limitReached: fc.boolean(),
});

const edits: fc.Arbitrary<Edit> = fc.oneof(
  pool.map(({ accounts, active }) => (home: TestHome) => {
    writePool(home, accounts, active === null ? {} : { activeId: active.id });
  }),
  pool.map(({ accounts }) => (home: TestHome, project: string) => {
    writePool(home, accounts, { projectRoot: home.cwd }, project);
  }),
  fc.constant((home: TestHome, project: string) =>
    rmSync(join(home.root, 'projects', project), { recursive: true, force: true }),
  ),
  fc
    .constantFrom(alice, aliceAtStudio, bob, carol, twin)
    .map((account) => (home: TestHome) => writeLogin(home, account)),
  fc.constant((home: TestHome) => rmSync(home.authFile, { force: true })),
  fc.constantFrom('', '{}', '{"OPENAI_API_KEY":"sk-made-up"}', 'torn').map((content) => (home: TestHome) => {
    writeFileSync(home.authFile, content);
  }),
  someOf.map((accounts) => (home: TestHome) => {
    writeJson(join(home.root, flaggedName), { version: 1, accounts: accounts.map(flagged) });
  }),
  fc.dictionary(fc.constantFrom(...people.map(({ id }) => id)), quota).map((quotas) => (home: TestHome) => {
    const known = Object.entries(quotas).map(([id, each]) => [id, { quota: withRest(each) }]);
    writeJson(join(home.root, 'account-state.json'), { version: 1, accounts: Object.fromEntries(known) });
  }),
  fc.constantFrom('global', 'off').map((choice) => (home: TestHome) => {
    writeJson(join(home.root, 'settings.json'), {
      version: 1,
      pluginConfig: choice === 'off' ? { perProjectAccounts: false, reservePercent: 20 } : {},
    });
  }),
  fc.constant((home: TestHome) => writeFileSync(join(home.codexHome, '.auth.json.1-0-1.tmp'), 'left behind')),
  fc.constant((home: TestHome) => mkdirSync(join(home.root, 'refresh-journal'), { recursive: true })),
);

function flagged({ id, email, userId, accountId }: Account) {
  const names = { recordId: id, email, userId, accountId };
  return { ...names, refreshToken: `rt-${id}`, flaggedAt: noon, flaggedReason: 'manual', movedAt: noon };
}

function withRest({ windows, ...known }: { windows: { usedPercent: number }[] }) {
  const rest = windows.map((each) => ({ ...each, remainingPercent: 100 - each.usedPercent }));
  return { ...known, windows: rest, additional: [] };
}

const views: readonly (readonly string[])[] = [
  ['list'],
  ['list', '--json'],
  ['list', '--csv', '--mask'],
  ['list', '--global'],
  ['status'],
  ['status', '--json'],
  ['status', 'alice@example.com', '--no-input'],
  ['status', '2'],
  ['forecast', '--cached'],
  ['forecast', '--cached', '--json', '--explain'],
  ['forecast', '--cached', '--model', 'gpt-5.5'],
  ['best', '--cached'],
  ['best', '--cached', '--json'],
  ['report', '--cached'],
  ['__complete', 'switch', ''],
  ['__complete', 'login', '--expect', ''],
];

const looks = fc.record({
  view: fc.constantFrom(...views),
  terminal: fc.option(fc.constantFrom(30, 60, 100, 200)),
  later: fc.constantFrom(0, 1, 59_000, 3_600_000, day, 11 * day),
});

test('an answer is the same with the index and without it, whatever has changed and whatever is asked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(edits, fc.array(looks, { maxLength: 4 })), { maxLength: 6 }), async (steps) => {
      const home = createTestHome();
      const project = makeProject(home);
      mkdirSync(home.root, { recursive: true, mode: 0o700 });
      for (const [edit, asked] of steps) {
        edit(home, project);
        for (const { view, terminal, later } of asked) {
          const options: CliOptions = {
            clock: clockAt(noon + later),
            ...(terminal === null ? {} : { terminal: { columns: terminal } }),
          };
          // The first may leave an index, which the second then reads.
          const first = await runCli(home, view, { ...options, leavesIndex: true });
          const second = await runCli(home, view, { ...options, leavesIndex: true });
          const without = await withoutIndex(home, () => runCli(home, view, options));
          expect([first, second]).toEqual([without, without]);
        }
      }
    }),
    { numRuns: Number(process.env['INDEX_RUNS'] ?? 30) },
  );
}, 600_000);

async function withoutIndex<T>(home: TestHome, run: () => Promise<T>): Promise<T> {
  const cache = join(home.root, 'cache');
  const away = join(home.directory, 'away');
  const isThere = existsSync(cache);
  if (isThere) renameSync(cache, away);
  try {
    return await run();
  } finally {
    if (isThere) renameSync(away, cache);
  }
}
