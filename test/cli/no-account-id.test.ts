import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { signIn } from '../support/accounts.js';
import { createTestHome, runCli, runJson } from '../support/cli.js';
import { alice, aliceAtStudio, bob, RefreshHome } from '../support/refresh-home.js';
import { readJson } from '../support/stored-accounts.js';
import { temporaryDirectory } from '../support/temporary.js';
import { unsignedJwt } from '../support/unsigned-tokens.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

const inAuth = (claims: object) => ({ 'https://api.openai.com/auth': claims });

/** The claims of a token, and the identity that they give to the account. */
const shapes: [string, object, object][] = [
  ['a user id and no account', inAuth({ chatgpt_user_id: 'user-x' }), { userId: 'user-x' }],
  ['an email only', { email: 'x@example.com' }, { email: 'x@example.com' }],
  ['an email, and null for the rest', { email: 'x@example.com', 'https://api.openai.com/auth': null }, {}],
  ['an account, an email and no user id', { email: 'x@x.io', ...inAuth({ chatgpt_account_id: 'a-1' }) }, {}],
  ['a subject only', { sub: 'auth0|x' }, { userId: 'auth0|x' }],
  [
    'the ids at the root',
    { chatgpt_user_id: 'user-x', chatgpt_account_id: 'a-1' },
    { userId: 'user-x', accountId: 'a-1' },
  ],
];

function loginOf(claims: object) {
  const now = Math.floor(provider.scenario.now() / 1000);
  const token = unsignedJwt({ ...claims, iat: now, exp: now + 86_400 });
  return { id_token: token, access_token: token, refresh_token: 'rt-x' };
}

test.each(shapes)(
  'a login with %s can be signed in, switched to and back, and exported',
  async (_what, claims, who) => {
    const home = createTestHome(provider);
    provider.scenario.on('token', { kind: 'status', status: 200, body: loginOf(claims) }, { times: 1 });
    expect(await signIn(home, provider, bob)).toMatchObject({ exitCode: 0 });
    expect(readJson(home.poolFile)['accounts']).toEqual([expect.objectContaining(who)]);
    const before = readFileSync(home.authFile, 'utf8');
    expect(await signIn(home, provider, alice)).toMatchObject({ exitCode: 0 });
    expect(await runCli(home, ['switch', '1'])).toMatchObject({ exitCode: 0 });
    expect(readFileSync(home.authFile, 'utf8')).toBe(before);
    const directory = join(home.directory, 'out');
    expect(await runCli(home, ['export', '1', '--format', 'codex', '--out', directory])).toMatchObject({ exitCode: 0 });
  },
);

test.each(shapes)('a login with %s is adopted from auth.json, and switched back to', async (_what, claims, who) => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_alice', alice);
  const tokens = loginOf(claims);
  seeded.writeAuthFile(tokens, { tokens: { ...tokens, account_id: undefined } });
  expect(await runCli(seeded.home, ['switch', 'acc_alice'])).toMatchObject({ exitCode: 0 });
  expect(seeded.records()[1]).toMatchObject({ ...who, refreshToken: 'rt-x' });
  expect(await runCli(seeded.home, ['switch', '2'])).toMatchObject({ exitCode: 0 });
  expect(seeded.authFile().tokens).toMatchObject(tokens);
});

test('an account id that no token and no file tells is written nowhere and sent nowhere', async () => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_alice', { ...alice, namesAccount: false });
  expect(await runCli(seeded.home, ['switch', '1'])).toMatchObject({ exitCode: 0 });
  expect(Object.keys(seeded.authFile().tokens)).not.toContain('account_id');
  expect(await runJson(seeded.home, ['usage'])).toMatchObject({ exitCode: 0 });
  const [asked] = provider.requests.to('/backend-api/wham/usage');
  expect(asked).toMatchObject({ status: 200 });
  expect(asked?.headers).not.toHaveProperty('chatgpt-account-id');
  for (const command of ['check', 'fix']) expect(await runCli(seeded.home, [command])).toMatchObject({ exitCode: 0 });
  expect(provider.requests.refreshes()).toEqual([]);
});

test('the account becomes known with the first token that names it, in the same record', async () => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_alice', { ...alice, namesAccount: false, expiresInSeconds: -60 });
  expect(await runCli(seeded.home, ['check'])).toMatchObject({ exitCode: 0 });
  expect(seeded.records()).toEqual([expect.objectContaining({ recordId: 'acc_alice', accountId: alice.accountId })]);
});

test('a refresh of the official client that names the account is one of the same record', async () => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  const issuedAt = provider.scenario.now() - 3_600_000;
  await seeded.addAccount('acc_alice', { ...alice, namesAccount: false, issuedAt });
  await seeded.addAccount('acc_bob', bob);
  const newer = await provider.issueTokens(alice);
  seeded.writeAuthFile(newer);
  expect((await runJson(seeded.home, ['list'])).document.data).toMatchObject({ activeId: 'acc_alice' });
  expect(await runCli(seeded.home, ['switch', 'acc_bob'])).toMatchObject({ exitCode: 0 });
  expect(seeded.records()).toHaveLength(2);
  expect(seeded.record('acc_alice')).toMatchObject({
    accountId: alice.accountId,
    refreshToken: newer.refresh_token,
  });
});

test('beside two accounts of the same person it is a third, whose tokens go to neither', async () => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  const home = await seeded.addAccount('acc_home', alice);
  const studio = await seeded.addAccount('acc_studio', aliceAtStudio);
  const bare = await provider.issueTokens({ ...alice, namesAccount: false });
  seeded.writeAuthFile(bare);
  expect(await runCli(seeded.home, ['switch', 'acc_studio'])).toMatchObject({ exitCode: 0 });
  expect(seeded.records().map(({ refreshToken }) => refreshToken)).toEqual(
    [home, studio, bare].map(({ refresh_token }) => refresh_token),
  );
  expect(await runCli(seeded.home, ['switch', '3'])).toMatchObject({ exitCode: 0 });
  expect(seeded.authFile().tokens.refresh_token).toBe(bare.refresh_token);
  expect((await runJson(seeded.home, ['list'])).document.data.accounts).toMatchObject([
    { active: false },
    { active: false },
    { active: true },
  ]);
});
