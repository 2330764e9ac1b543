import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeCommand } from '../../src/cli/commands/remove.js';
import { exitCodeByError } from '../../src/cli/program/exit-codes.js';
import type { Account } from '../../src/core/accounts/account.js';
import { emptyPool } from '../../src/core/accounts/pool.js';
import { fingerprint } from '../../src/core/lineage/journal.js';
import { openEntry } from '../../src/core/lineage/open-entry.js';
import { encodePool } from '../../src/core/pools/pool-codec.js';
import { Secret } from '../../src/core/secret.js';
import { keys, runWithAnswers } from '../support/answers.js';
import { type CliOptions, createTestHome, runCli, runJson } from '../support/cli.js';
import { plain } from '../support/plain-output.js';
import { CLIENT_ID } from '../support/provider/client.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { RefreshHome } from '../support/refresh-home.js';
import { alice, aliceAtStudio, bob, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, readJson, writeJson } from '../support/stored-accounts.js';
import { temporaryDirectory } from '../support/temporary.js';
import { unsignedJwt } from '../support/unsigned-tokens.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

const atNoon: CliOptions = { clock: clockAt(noon) };

function threeAccounts() {
  const home = createTestHome(provider);
  writePool(home, [alice, aliceAtStudio, bob], { activeId: alice.id, previousId: bob.id });
  writeLogin(home, alice);
  return {
    home,
    ids: () => (readJson(home.poolFile)['accounts'] as { recordId: string }[]).map(({ recordId }) => recordId),
    remove: (...argv: string[]) => runCli(home, ['remove', ...argv], atNoon),
    kept: () => readdirSync(join(home.root, 'kept')).map((name) => join(home.root, 'kept', name)),
  };
}

test('forgets an account, keeps a copy that only its owner can read, and says where the login still lives', async () => {
  const { home, ids, remove, kept } = threeAccounts();
  const { exitCode, stdout, stderr } = plain(home, await remove('2', '--yes'));
  const [copy = ''] = kept();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toBe(
    `✓ Removed alice@example.com (Studio); a copy is kept in ${copy.replace(home.directory, '<home>')}\n` +
      '  The login lives on at the provider; to end it as well, sign in again and use remove --revoke.\n',
  );
  expect(ids()).toEqual(['acc_alice', 'acc_bob']);
  expect(readJson(copy)).toMatchObject({
    version: 3,
    accounts: [{ recordId: 'acc_studio', refreshToken: 'rt-acc_studio' }],
  });
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect(provider.requests.all).toEqual([]);
});

test('of the account in use leaves auth.json untouched and says so', async () => {
  const { home, remove } = threeAccounts();
  const before = readFileSync(home.authFile, 'utf8');
  expect((await remove('home', '--yes')).stdout).toContain(
    '  The official client keeps this login and goes on using it.\n',
  );
  expect(readFileSync(home.authFile, 'utf8')).toBe(before);
  expect(readJson(home.poolFile)).not.toHaveProperty('activeId');
});

test('a removed account does not come back from auth.json; its login is kept aside', async () => {
  const { home, ids, remove, kept } = threeAccounts();
  await remove('home', '--yes');
  const { stderr } = await runCli(home, ['switch', 'acc_studio'], atNoon);
  expect(ids()).toEqual(['acc_studio', 'acc_bob']);
  expect(stderr).toContain('warning: what auth.json held is kept in ');
  expect(
    kept()
      .map((path) => readFileSync(path, 'utf8'))
      .filter((text) => text.includes('rt-acc_alice')),
  ).toHaveLength(2);
});

test('its JSON is of the published shape', async () => {
  const { home, kept } = threeAccounts();
  const { document } = await runJson(home, ['remove', 'bob', '-y', '--mask'], atNoon);
  expect(removeCommand.schema.parse(document.data)).toEqual(document.data);
  expect(document.data).toEqual({
    id: 'acc_bob',
    index: 3,
    email: 'b***@e***',
    workspace: 'Studio',
    accountId: bob.accountId,
    scope: { kind: 'global' },
    keptFile: kept()[0],
    unbound: [],
    stillInUse: false,
    revoked: false,
  });
});

test.each([
  ['no', keys.enter, 1, 'nothing was removed\n'],
  ['Ctrl-C', keys.ctrlC, 130, 'error: interrupted\n'],
])('asks on a terminal, and %s changes nothing', async (_name, key, exitCode, message) => {
  const { home, ids } = threeAccounts();
  const before = readFileSync(home.poolFile, 'utf8');
  const result = await runWithAnswers(
    home,
    ['remove', '1'],
    [[/official client is using it and keeps it/, key]],
    atNoon,
  );
  expect(result.exitCode).toBe(exitCode);
  expect(result.stderr).toContain(message);
  expect(result.stderr.includes('error:')).toBe(exitCode === 130);
  expect(ids()).toHaveLength(3);
  expect(readFileSync(home.poolFile, 'utf8')).toBe(before);
});

test('asks on a terminal, and yes removes', async () => {
  const { home, ids } = threeAccounts();
  const result = await runWithAnswers(
    home,
    ['remove', 'bob'],
    [[/Remove bob@example.com \(Studio\)\?/, `y${keys.enter}`]],
    atNoon,
  );
  expect(result.exitCode).toBe(0);
  expect(ids()).toEqual(['acc_alice', 'acc_studio']);
});

test('--revoke ends the login at the provider first', async () => {
  const { home, ids } = threeAccounts();
  const tokens = await provider.issueTokens({ email: 'carol@example.com' });
  const carol = sampleAccount('acc_carol', {
    userId: 'user-carol',
    accountId: 'c',
    email: 'carol@example.com',
    refresh: tokens.refresh_token,
  });
  writePool(home, [alice, carol]);
  const { exitCode, stdout } = await runCli(home, ['remove', 'carol', '--yes', '--revoke'], atNoon);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('  The login is ended at the provider: no copy of it works any more.\n');
  expect(ids()).toEqual(['acc_alice']);
  expect(provider.requests.to(endpointPaths.revoke).map(({ body }) => body)).toEqual([
    { token: tokens.refresh_token, token_type_hint: 'refresh_token', client_id: expect.any(String) },
  ]);
  expect(provider.fateOf(tokens.refresh_token)).not.toBe('live');
});

test.each<[string, Partial<Account>, object, object | undefined, string]>([
  [
    'as it was stored',
    { provenance: { issuer: '', clientId: 'app_stored' } },
    { client_id: 'app_x' },
    {},
    'app_stored',
  ],
  ['as the access token says', {}, { client_id: 'app_access' }, { aud: 'app_x' }, 'app_access'],
  ['as the access token says in OpenID words', {}, { azp: 'app_azp' }, { aud: 'app_x' }, 'app_azp'],
  ['as the id token says', {}, { aud: 'https://api.example' }, { aud: ['app_id'] }, 'app_id'],
  [
    'the usual one, where nothing says it',
    {},
    { aud: 'x' },
    { aud: ['app_x', 'app_y'] },
    'app_EMoamEEZ73f0CkXaXp7hrann',
  ],
  ['the usual one, without an id token', {}, { aud: 'x' }, undefined, 'app_EMoamEEZ73f0CkXaXp7hrann'],
])('--revoke speaks as the client that the login was issued to: %s', async (_what, more, access, id, clientId) => {
  const home = createTestHome(provider);
  const provenance = more.provenance && { ...more.provenance, issuer: provider.issuer };
  const tokens = {
    refreshToken: new Secret('rt-carol'),
    accessToken: new Secret(unsignedJwt(access)),
    ...(id === undefined ? {} : { idToken: new Secret(unsignedJwt(id)) }),
    generation: 1,
  };
  writePool(home, [sampleAccount('acc_carol', {}, { tokens, ...(provenance === undefined ? {} : { provenance }) })]);
  await runCli(home, ['remove', '1', '--yes', '--revoke'], atNoon);
  expect(provider.requests.to(endpointPaths.revoke).map(({ body }) => body)).toMatchObject([
    { token: 'rt-carol', client_id: clientId },
  ]);
});

test('what cannot be revoked is not removed', async () => {
  const { home, ids, remove } = threeAccounts();
  provider.scenario.on('revoke', { kind: 'status', status: 500 });
  const before = readFileSync(home.poolFile, 'utf8');
  const { exitCode, stderr } = await remove('bob', '--yes', '--revoke');
  expect(exitCode).toBe(5);
  expect(stderr).toContain(
    'error: the login could not be revoked, so nothing was removed: the provider refused the revocation (500)\n' +
      '  → try again, or codex-auth remove acc_bob, without --revoke\n',
  );
  expect(ids()).toHaveLength(3);
  expect(readFileSync(home.poolFile, 'utf8')).toBe(before);
});

test('a login that an account of another pool shares is not revoked', async () => {
  const { home, ids, remove } = threeAccounts();
  const twin = sampleAccount('acc_twin', {
    userId: 'user-bob',
    accountId: 't',
    email: 'bob@example.com',
    refresh: 'rt-acc_bob',
  });
  writePool(home, [twin], {}, 'project-0123456789ab');
  const { exitCode, stderr } = await remove('3', '--yes', '--revoke');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('bob@example.com shares this login and would lose it too');
  expect(ids()).toHaveLength(3);
  expect(provider.requests.all).toEqual([]);
});

test('a login that an account that is set aside shares is not revoked', async () => {
  const { home, ids, remove } = threeAccounts();
  const words = { userId: 'user-bob', accountId: 't', email: 'bob@example.com', refresh: 'rt-acc_bob' };
  const twin = encodePool({ ...emptyPool, accounts: [sampleAccount('acc_twin', words, { label: 'twin' })] });
  const accounts = (twin['accounts'] as object[]).map((each) => ({ ...each, flaggedAt: 1, flaggedReason: 'manual' }));
  writeJson(join(home.root, 'openai-codex-flagged-accounts.json'), { version: 1, accounts });
  const { exitCode, stderr } = await remove('3', '--yes', '--revoke');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('twin shares this login and would lose it too');
  expect(ids()).toHaveLength(3);
  expect(provider.requests.all).toEqual([]);
});

test('a login of another issuer is not sent to the configured one to be revoked', async () => {
  const { home, remove } = threeAccounts();
  const provenance = { issuer: 'https://login.elsewhere.example', clientId: 'app' };
  writePool(home, [{ ...bob, provenance }]);
  const { exitCode, stderr } = await remove('1', '--yes', '--revoke');
  expect(exitCode).toBe(exitCodeByError['issuer-mismatch']);
  expect(stderr).toContain('was signed in at https://login.elsewhere.example');
  expect(provider.requests.all).toEqual([]);
  expect(readJson(home.poolFile)['accounts']).toHaveLength(1);
});

test('leaves the official client the tokens that a killed run has received, and not the ones that it spent', async () => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  const who = { email: 'alice@example.com' };
  const issuedAt = Date.now() - 3_600_000;
  const spent = await seeded.addAccount('acc_alice', { ...who, issuedAt });
  seeded.writeAuthFile(spent);
  const next = await provider.issueTokens(who);
  const entry = await openEntry(seeded.root.paths.journal, seeded.root.processes, {
    kind: 'refresh',
    startedAt: Date.now(),
    spent: fingerprint(spent.refresh_token),
    accountIds: ['acc_alice'],
    issuer: provider.issuer,
    clientId: CLIENT_ID,
  });
  const answer = { refreshToken: next.refresh_token, accessToken: next.access_token, idToken: next.id_token };
  await entry.record({ ...answer, receivedAt: Date.now() });
  entry.leave();
  expect(await runCli(seeded.home, ['remove', 'acc_alice', '--yes'])).toMatchObject({ exitCode: 0 });
  expect(seeded.authFile().tokens).toMatchObject({
    refresh_token: next.refresh_token,
    access_token: next.access_token,
  });
  expect(seeded.records()).toEqual([]);
});
