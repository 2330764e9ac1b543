import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBuilt } from '../support/built.js';
import { runCli } from '../support/cli.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { atNoon, credentialsOf, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
beforeEach(() => setProviderToNoon(provider));
afterEach(() => provider.reset());
afterAll(() => provider.stop());

const fetching = ['usage', 'forecast', 'best', 'report'] as const;
const reading = ['list', 'status', ...fetching] as const;

/** The states in which the tokens of the account in use can be, and what a command that wants them says. */
const states = {
  'are good': { prepare: () => undefined, says: undefined },
  'have expired': { prepare: () => undefined, says: 'codex-auth check', seconds: -3_600 },
  'are dead': {
    prepare: () => provider.revokeAccount(alice, { accessTokens: 'refused' }),
    says: 'codex-auth check',
  },
  'have expired and are dead': {
    prepare: () => provider.revokeAccount(alice),
    says: 'codex-auth check',
    seconds: -3_600,
  },
  'lack the access token': {
    prepare: () => undefined,
    says: 'codex-auth check',
    changes: { accessToken: undefined, expiresAt: undefined },
  },
  'have expired without a refresh token': {
    prepare: () => undefined,
    says: 'codex-auth login',
    seconds: -3_600,
    changes: { refreshToken: '' },
  },
} as const;
type State = keyof typeof states;

/** Three records, the first of them in `auth.json` with the same tokens; a pool as other tools leave it. */
async function homeWith(state: State): Promise<RefreshHome> {
  const { seconds, changes, prepare } = { seconds: 864_000, changes: {}, ...states[state] };
  const seeded = emptyHome(provider);
  const tokens = await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: seconds }, { ...known, ...changes });
  await seeded.addAccount('acc_bob', bob, known);
  if (!('refreshToken' in changes) && !('accessToken' in changes)) seeded.writeAuthFile(tokens);
  prepare();
  return seeded;
}

describe.each(Object.keys(states) as State[])('while the tokens %s', (state) => {
  test.each(reading)('%s spends none and writes no credential', async (command) => {
    const seeded = await homeWith(state);
    const before = credentialsOf(seeded);
    const result = await runCli(seeded.home, [command], atNoon);
    expect([0, 1]).toContain(result.exitCode);
    expect(provider.requests.refreshes()).toEqual([]);
    expect(credentialsOf(seeded)).toEqual(before);
    const { says } = states[state];
    if (says !== undefined && command !== 'list' && command !== 'status') expect(said(result)).toContain(says);
  });
});

test('the pool of an older version is read and stays as it is', async () => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  const tokens = await provider.issueTokens(alice);
  const account = { email: alice.email, accountId: alice.accountId, refreshToken: tokens.refresh_token };
  const { writeJson } = await import('../support/stored-accounts.js');
  writeJson(seeded.home.poolFile, { accounts: [{ ...account, accessToken: tokens.access_token }], activeIndex: 0 });
  const before = credentialsOf(seeded);
  for (const command of reading) await runCli(seeded.home, [command], atNoon);
  expect(credentialsOf(seeded)).toEqual(before);
  expect(readdirSync(seeded.home.root).filter((name) => name.includes('.bak'))).toEqual([]);
});

test('a process that reads quota loads no code that could refresh, store a credential or switch', async () => {
  provider.scenario.clockOffsetSeconds = 0;
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_home', alice);
  const coverage = temporaryDirectory();
  const { exitCode } = await startBuilt(seeded.home, ['usage'], { variables: { NODE_V8_COVERAGE: coverage } }).ended;
  expect(exitCode).toBe(0);
  const loaded = readdirSync(coverage)
    .map((file) => readFileSync(join(coverage, file), 'utf8'))
    .join('');
  expect(loaded).toMatch(/chunks\/usage-/);
  expect(loaded).not.toMatch(/chunks\/(refresh|activation)-/);
});
