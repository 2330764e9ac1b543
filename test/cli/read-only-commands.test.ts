import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { fingerprint } from '../../src/core/lineage/journal.js';
import { openEntry } from '../../src/core/lineage/open-entry.js';
import { runCli } from '../support/cli.js';
import { setAside } from '../support/flagged-records.js';
import { snapshotOf } from '../support/login-files.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { alice, bob, carol, RefreshHome } from '../support/refresh-home.js';
import { atNoon, credentialsOf, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { writeJson } from '../support/stored-accounts.js';
import { temporaryDirectory } from '../support/temporary.js';
import { writeFlatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

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

const dave = 'dave@example.com';
const erin = 'erin@example.com';

/** Everything is to be done: tokens to renew, files to import, an answer to store, a move to finish, an account to repair. */
async function homeFullOfWork(): Promise<RefreshHome> {
  for (const email of [dave, erin]) provider.people.addAccount({ email });
  const seeded = await homeWith('have expired');
  await seeded.addAccount('acc_carol', carol, known);
  setAside(seeded, ['acc_carol']);
  const spent = await seeded.addAccount('acc_dave', { email: dave, expiresInSeconds: -60 }, known);
  const next = await provider.issueTokens({ email: dave });
  const { journal } = seeded.root.paths;
  const header = { kind: 'refresh' as const, startedAt: 1, issuer: provider.issuer, clientId: 'app' };
  const asked = { spent: fingerprint(spent.refresh_token), accountIds: ['acc_dave'] };
  const entry = await openEntry(journal, seeded.root.processes, { ...header, ...asked });
  await entry.record({
    refreshToken: next.refresh_token,
    accessToken: next.access_token,
    idToken: next.id_token,
    receivedAt: 1,
  });
  entry.leave();
  const movedHere = { ...seeded.record('acc_bob'), movedAt: 5, movedFrom: 'global' };
  const project = join(seeded.home.root, 'projects', 'p-000000000000', 'openai-codex-accounts.json');
  writeJson(project, { version: 3, accounts: [movedHere], activeIndex: 0 });
  writeFlatFile(seeded.home, 'erin.json', await provider.issueTokens({ email: erin, expiresInSeconds: 60 }));
  return seeded;
}

/** All files but what is known about accounts, which a reading command may write, and the locks for that. */
function filesOf({ home }: RefreshHome): Record<string, string> {
  const files = Object.entries(snapshotOf(home.directory));
  return Object.fromEntries(
    files.filter(([path]) => !/account-state\.json|quota-history\.ndjson|[/\\]locks[/\\]/.test(path)),
  );
}

test.each([
  ...reading.map((command) => [command]),
  ['watch', '--once'],
  ['config', 'list'],
  ['doctor'],
  ['doctor', '--fix', '--dry-run'],
  ['fix', '--dry-run'],
  ['verify-flagged', '--dry-run'],
  ['renew', '--force', '--print-only'],
  ['renew', 'erin.json', '--force', '--print-only'],
  ['import', 'erin.json', '--dry-run'],
  ['export', '--csv'],
  ['setup', '--shell', 'bash', '--dry-run'],
  ['setup', '--print', 'bash'],
  ['uninstall', '--dry-run'],
  ['completion', 'bash'],
  ['__complete', 'switch', ''],
])('%s %s %s %s leaves every file as it is, and sends no refresh token', async (...argv) => {
  const seeded = await homeFullOfWork();
  const before = filesOf(seeded);
  const { exitCode, stdout } = await runCli(seeded.home, argv.filter(Boolean), atNoon);
  expect([0, 1]).toContain(exitCode);
  expect(stdout).not.toBe('');
  expect(filesOf(seeded)).toEqual(before);
  expect(provider.requests.refreshes()).toEqual([]);
  expect(provider.requests.to(endpointPaths.revoke)).toEqual([]);
});

test('the pool of an older version is read and stays as it is', async () => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  const tokens = await provider.issueTokens(alice);
  const account = { email: alice.email, accountId: alice.accountId, refreshToken: tokens.refresh_token };
  writeJson(seeded.home.poolFile, { accounts: [{ ...account, accessToken: tokens.access_token }], activeIndex: 0 });
  const before = credentialsOf(seeded);
  for (const command of reading) await runCli(seeded.home, [command], atNoon);
  expect(credentialsOf(seeded)).toEqual(before);
  expect(readdirSync(seeded.home.root).filter((name) => name.includes('.bak'))).toEqual([]);
});

test('a process that reads quota runs no code that could refresh, store a credential or switch', async () => {
  provider.scenario.clockOffsetSeconds = 0;
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_home', alice);
  const forbidden = ['ensureUsable', 'exchangeToken', 'openEntry', 'openStore', 'activateAccount'];
  expect(await functionsRun(seeded, 'usage')).toContain('probeUsage');
  expect((await functionsRun(seeded, 'usage')).filter((name) => forbidden.includes(name))).toEqual([]);
  const live = await functionsRun(await withDue(seeded), 'check');
  expect(live).toEqual(expect.arrayContaining(['ensureUsable', 'exchangeToken', 'openEntry', 'openStore']));
});

async function withDue(seeded: RefreshHome): Promise<RefreshHome> {
  await seeded.addAccount('acc_due', { ...bob, expiresInSeconds: -60 });
  return seeded;
}

/** The functions of the program that a process has called, from V8's own record. A build has no names for them. */
async function functionsRun({ home }: RefreshHome, command: string): Promise<string[]> {
  const coverage = temporaryDirectory();
  const fromSources = fileURLToPath(new URL('../support/from-sources.ts', import.meta.url));
  await promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), fromSources, command], {
    cwd: home.cwd,
    env: { ...home.variables, NODE_V8_COVERAGE: coverage },
  });
  const records = readdirSync(coverage).flatMap(
    (file) => JSON.parse(readFileSync(join(coverage, file), 'utf8')).result,
  );
  const own = records.filter(({ url }: { url: string }) => url.includes('/src/'));
  return own.flatMap(({ functions }: { functions: { functionName: string; ranges: { count: number }[] }[] }) =>
    functions.flatMap(({ functionName, ranges }) => (Number(ranges[0]?.count) > 0 ? functionName : [])),
  );
}
