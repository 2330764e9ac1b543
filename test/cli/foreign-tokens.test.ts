import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { readClaims } from '../../src/core/accounts/jwt-claims.js';
import { signIn } from '../support/accounts.js';
import { runCli, runJson } from '../support/cli.js';
import { makeProject } from '../support/project-home.js';
import type { TokenSet } from '../support/provider/grants.js';
import { alice, aliceAtStudio, bob, carol, RefreshHome, recordOf, type StoredRecord } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let home: RefreshHome;
beforeEach(() => {
  home = new RefreshHome(temporaryDirectory(), provider);
});

const run = (...argv: string[]) => runCli(home.home, argv);
const json = async (...argv: string[]) => (await runJson(home.home, argv)).document.data;

/** What a record says of whom it is for, without the tokens of that person. */
async function namesOf(who: { readonly email: string; readonly accountId: string }) {
  const { userId, accountId, email } = readClaims((await provider.issueTokens(who)).id_token) ?? {};
  return { userId, accountId, email };
}

/** Members of records as other tools write them: with fewer names, or with ours. */
const spellings: [string, (names: Record<string, unknown>) => Record<string, unknown>][] = [
  ['all names', (names) => names],
  ['the account id and the email', ({ accountId, email }) => ({ accountId, email, userId: undefined })],
  ['the email only', ({ email }) => ({ email, accountId: undefined, userId: undefined })],
];

describe.each(spellings)('a record with %s, and the tokens of somebody else', (_what, spelled) => {
  let tokens: TokenSet;
  beforeEach(async () => {
    tokens = await home.addAccount('acc_alice', bob, spelled(await namesOf(alice)));
    await home.addAccount('acc_carol', carol);
    provider.requests.clear();
  });

  it('is never sent, recommended or switched to', async () => {
    for (const argv of [['usage', 'acc_alice'], ['check'], ['forecast'], ['renew', '--force'], ['guard', '--once']]) {
      await run(...argv);
    }
    expect((await json('best')).recommendation).toMatchObject({ id: 'acc_carol' });
    expect(await run('switch', 'acc_alice')).toMatchObject({ exitCode: 4 });
    expect(provider.requests.all).not.toEqual([]);
    for (const token of Object.values(tokens)) expect(JSON.stringify(provider.requests.all)).not.toContain(token);
    expect(home.record('acc_alice')).toMatchObject({ refreshToken: tokens.refresh_token });
  });

  it('is not revoked with the account', async () => {
    expect(await run('remove', 'acc_alice', '--revoke', '--yes')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('→ codex-auth fix'),
    });
    expect(provider.fateOf(tokens.refresh_token)).toBe('live');
    expect(home.record('acc_alice')).toMatchObject({ refreshToken: tokens.refresh_token });
  });

  it.each([
    ['fix', ['fix']],
    ['doctor', ['doctor', '--fix', '--offline']],
  ])('is named and repaired by %s: both people are there, the tokens with their own', async (_command, argv) => {
    const { checks } = await json('doctor', '--offline');
    expect(checks.find(({ id }: { id: string }) => id === 'accounts')).toMatchObject({
      status: 'error',
      fixable: true,
      message: expect.stringContaining('holds the tokens of another account'),
    });
    await run(...argv);
    const [mine, other, theirs] = home.records();
    expect([mine?.recordId, other?.recordId]).toEqual(['acc_alice', 'acc_carol']);
    expect(mine).toMatchObject({ email: alice.email });
    for (const name of ['refreshToken', 'accessToken', 'idToken']) expect(mine).not.toHaveProperty(name);
    expect(theirs).toMatchObject({ ...bob, refreshToken: tokens.refresh_token, accessToken: tokens.access_token });
    expect((await json('list')).accounts[0]).toMatchObject({ id: 'acc_alice', state: 'sign-in-needed' });
    expect(provider.fateOf(tokens.refresh_token)).toBe('live');
  });
});

describe('where the owner of the tokens has a record', () => {
  const pairsOf = (records: readonly StoredRecord[]) => records.map(({ refreshToken }) => refreshToken);

  it('newer tokens go there', async () => {
    await home.addAccount('acc_bob', { ...bob, issuedAt: provider.scenario.now() - 3_600_000 });
    const newer = await home.addAccount('acc_alice', bob, await namesOf(alice));
    expect((await run('fix')).stdout).toContain(`back to ${bob.email}, whose they are; it needs a sign-in then`);
    expect(pairsOf(home.records())).toEqual([newer.refresh_token, undefined]);
  });

  it('and holds the tokens of the first one in turn, each gets its own back', async () => {
    const bobs = await home.addAccount('acc_alice', bob, await namesOf(alice));
    const alices = await home.addAccount('acc_bob', alice, await namesOf(bob));
    expect((await run('fix')).stdout).not.toContain('needs a sign-in');
    expect(pairsOf(home.records())).toEqual([alices.refresh_token, bobs.refresh_token]);
    expect(await run('check')).toMatchObject({ exitCode: 0 });
  });

  it('and a crash came before the second file had its own back, doctor takes them from the backup', async () => {
    const bobs = await home.addAccount('acc_alice', bob, await namesOf(alice));
    const swapped = readFileSync(home.home.poolFile);
    rmSync(home.home.poolFile);
    const alices = await home.addAccount('acc_alice', alice);
    writeFileSync(`${home.home.poolFile}.bak.1`, swapped);
    const project = join(home.root.paths.projects, makeProject(home.home));
    const theirs = recordOf('acc_bob', alices, provider.issuer, await namesOf(bob));
    mkdirSync(project, { recursive: true });
    writeFileSync(
      join(project, basename(home.home.poolFile)),
      JSON.stringify({ version: 3, accounts: [theirs], activeIndex: 0 }),
    );
    for (let round = 1; round <= 2; round += 1) await run('doctor', '--fix', '--offline');
    const [account] = JSON.parse(readFileSync(join(project, basename(home.home.poolFile)), 'utf8')).accounts;
    expect([account.refreshToken, ...pairsOf(home.records())]).toEqual([bobs.refresh_token, alices.refresh_token]);
  });

  it('older tokens are kept aside, whole', async () => {
    const own = await home.addAccount('acc_bob', bob);
    const older = await home.addAccount(
      'acc_alice',
      { ...bob, issuedAt: provider.scenario.now() - 3_600_000 },
      await namesOf(alice),
    );
    await run('fix');
    expect(pairsOf(home.records())).toEqual([own.refresh_token, undefined]);
    expect(home.kept().join()).toContain(older.refresh_token);
  });
});

test('tokens of another workspace of the person are said to be that', async () => {
  await home.addAccount('acc_home', aliceAtStudio, await namesOf(alice));
  expect((await run('fix')).stdout).toContain(`back to ${alice.email} in ${aliceAtStudio.accountId}, whose they are`);
});

test('a record with the access token of a sibling workspace keeps the refresh token that both share', async () => {
  const home1 = await home.addAccount('acc_home', alice);
  const { userId } = readClaims(home1.id_token) ?? {};
  home.addRecord('acc_studio', home1, { ...aliceAtStudio, userId });
  await run('usage', 'acc_studio');
  expect(provider.requests.all).toEqual([]);
  expect(await run('check', 'acc_studio')).toMatchObject({ exitCode: 0 });
  const studio = home.record('acc_studio');
  expect(readClaims(studio.accessToken ?? '')).toMatchObject({ accountId: aliceAtStudio.accountId });
  expect(home.records()).toHaveLength(2);
  expect(provider.fateOf(studio.refreshToken ?? '')).toBe('live');
});

test.each([
  ['an organization id', { accountId: 'org-1' }],
  ['a name in place of the email', { email: 'Work', userId: undefined }],
  ['an old email of the same person', { email: 'old@example.com' }],
  ['no names', { email: undefined, userId: undefined, accountId: undefined }],
])('%s in a record makes its tokens nobody else’s', async (_what, changes) => {
  const tokens = await home.addAccount('acc_alice', alice, changes);
  await run('fix');
  expect(home.records()).toEqual([
    expect.objectContaining({ recordId: 'acc_alice', refreshToken: tokens.refresh_token }),
  ]);
  expect(await run('switch', 'acc_alice')).toMatchObject({ exitCode: 0 });
});

describe('a login of its own for a record with the tokens of somebody else', () => {
  const anHourAgo = () => provider.scenario.now() - 3_600_000;
  let theirs: TokenSet;
  beforeEach(async () => {
    theirs = await home.addAccount('acc_alice', { ...bob, issuedAt: anHourAgo() }, await namesOf(alice));
  });

  const tokensByEmail = () => Object.fromEntries(home.records().map((each) => [each['email'], each.refreshToken]));

  it('from a sign-in costs nobody a login', async () => {
    expect(await signIn(home.home, provider, alice)).toMatchObject({ exitCode: 0 });
    const { tokens } = home.authFile();
    expect(tokensByEmail()).toEqual({ [alice.email]: tokens.refresh_token, [bob.email]: theirs.refresh_token });
  });

  const others: [string, number][] = [
    ['newer', 1_000_000],
    ['older', -1_000_000],
  ];

  it.each(others)('in auth.json costs nobody a login, %s than those tokens', async (_what, laterByMs) => {
    await home.addAccount('acc_carol', carol);
    const own = await provider.issueTokens({ ...alice, issuedAt: anHourAgo() + laterByMs });
    home.writeAuthFile(own);
    const { checks } = await json('doctor', '--offline');
    // Which of the two is newer makes no difference to `doctor`.
    expect(checks.find(({ id }: { id: string }) => id === 'auth-file')).toMatchObject({ status: 'ok' });
    expect(await run('switch', 'acc_carol')).toMatchObject({ exitCode: 0 });
    expect(tokensByEmail()).toMatchObject({ [alice.email]: own.refresh_token, [bob.email]: theirs.refresh_token });
  });

  it.each(others)('in an imported file costs nobody a login, %s than those tokens', async (_what, laterByMs) => {
    const elsewhere = new RefreshHome(temporaryDirectory(), provider);
    const own = await provider.issueTokens({ ...alice, issuedAt: anHourAgo() + laterByMs });
    elsewhere.writeAuthFile(own);
    const { document } = await runJson(home.home, ['import', elsewhere.home.authFile, '--dry-run']);
    expect(document.data.counts).toMatchObject({ update: 1 });
    expect(await run('import', elsewhere.home.authFile, '--yes')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(`${alice.email} held tokens of another account, which have gone back to it`),
    });
    expect(tokensByEmail()).toEqual({ [alice.email]: own.refresh_token, [bob.email]: theirs.refresh_token });
  });

  it('reaches no record of the other one, whatever token both hold', async () => {
    home.addRecord('acc_bob', theirs);
    home.writeAuthFile(await provider.issueTokens(alice));
    await run('switch', 'acc_bob');
    expect(tokensByEmail()).toMatchObject({ [bob.email]: theirs.refresh_token });
  });
});

test('what a home has spent is not replaced by the tokens of somebody else', async () => {
  const first = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -60 });
  home.writeAuthFile(first);
  const authFile = readFileSync(home.home.authFile, 'utf8');
  expect(await run('check')).toMatchObject({ exitCode: 0 });
  const names = await namesOf(alice);
  rmSync(home.home.poolFile);
  const theirs = await home.addAccount('acc_alice', bob, names);
  writeFileSync(home.home.authFile, authFile);
  for (const argv of [['check'], ['label', 'acc_alice', 'x'], ['guard', '--once']]) await run(...argv);
  expect(home.authFile().tokens.refresh_token).not.toBe(theirs.refresh_token);
});

test('an id token of somebody else decides where the access token tells nothing', async () => {
  const tokens = await home.addAccount('acc_alice', bob, {
    ...(await namesOf(alice)),
    accessToken: 'opaque',
    expiresAt: undefined,
  });
  await run('fix');
  expect(home.records()).toMatchObject([{ recordId: 'acc_alice' }, { ...bob, refreshToken: tokens.refresh_token }]);
  expect(home.records()[0]).not.toHaveProperty('refreshToken');
});

test('a refresh token that tells nothing until it is spent is known as somebody else’s from then on', async () => {
  const tokens = await provider.issueTokens(bob);
  const bare = { accessToken: undefined, idToken: undefined, expiresAt: undefined };
  home.addRecord('acc_alice', tokens, { ...(await namesOf(alice)), ...bare });
  for (const _ of [1, 2]) {
    const { document, exitCode } = await runJson(home.home, ['check']);
    expect(document.data.accounts).toMatchObject([{ problem: { code: 'sign-in-needed', hint: 'codex-auth fix' } }]);
    expect(exitCode).toBe(1);
  }
  expect(provider.requests.refreshes()).toHaveLength(1);
  await run('fix');
  expect(home.records()).toMatchObject([{ recordId: 'acc_alice' }, bob]);
  expect(provider.fateOf(home.records()[1]?.refreshToken ?? '')).toBe('live');
});
