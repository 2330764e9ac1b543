import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli, runJson } from '../support/cli.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

/** The client of another tool has refreshed alice's login, and written her organization in place of the account. */
async function renewedElsewhere(stated: string) {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_alice', { ...alice, expiresInSeconds: -60 }, { lastRefresh: 1000 });
  await seeded.addAccount('acc_bob', bob);
  const newer = await provider.issueTokens(alice);
  seeded.writeAuthFile(newer, { tokens: { ...newer, account_id: stated } });
  provider.requests.clear();
  return { seeded, newer };
}

const spellings = ['org-1a2b3c', 'org_1a2b3c', 'ORG-1A2B3C', ' org-1a2b3c\n'];

test.each(spellings)('%j in auth.json is no other account: the newer pair is taken, nothing spent', async (stated) => {
  const { seeded, newer } = await renewedElsewhere(stated);
  expect(await runCli(seeded.home, ['check'])).toMatchObject({ exitCode: 0 });
  expect(provider.requests.refreshes()).toEqual([]);
  expect(seeded.record('acc_alice')).toMatchObject({ refreshToken: newer.refresh_token, accountId: alice.accountId });
});

test('a switch away and back needs no --replace, and writes the true account id', async () => {
  const { seeded, newer } = await renewedElsewhere('org-1a2b3c');
  expect((await runJson(seeded.home, ['list'])).document.data).toMatchObject({ activeId: 'acc_alice' });
  for (const id of ['acc_bob', 'acc_alice']) {
    expect(await runCli(seeded.home, ['switch', id])).toMatchObject({ exitCode: 0 });
  }
  const { tokens } = seeded.authFile();
  expect(tokens).toMatchObject({ account_id: alice.accountId, refresh_token: newer.refresh_token });
  expect(seeded.kept()).toEqual([]);
  expect(provider.requests.refreshes()).toEqual([]);
});

test.each(spellings)('%j in a record is corrected by fix', async (accountId) => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_alice', alice, { accountId });
  expect(await runCli(seeded.home, ['fix'])).toMatchObject({ exitCode: 0 });
  expect(seeded.record('acc_alice')).toMatchObject({ accountId: alice.accountId });
});

test('the id of another account stays a contradiction', async () => {
  const { seeded } = await renewedElsewhere(bob.accountId);
  expect((await runJson(seeded.home, ['status'])).document.data.authFile).toMatchObject({ holds: 'unadoptable' });
  expect(await runCli(seeded.home, ['switch', 'acc_bob'])).toMatchObject({ exitCode: 2 });
});

/** Files that the client refuses or misreads, although the tokens in them are those of one account. */
const misfits: [string, object][] = [
  ['under the id of another one', { account_id: bob.accountId }],
  ['without an id token', { id_token: undefined }],
  ['with an id token that is none', { id_token: 'opaque' }],
  ['beside members of another shape', { oauth_provenance: 'made up', account_id: 7 }],
];

describe.each(misfits)('newer tokens of an account %s', (_what, names) => {
  async function homeOfMisfit() {
    const { seeded, newer } = await renewedElsewhere(alice.accountId);
    seeded.writeAuthFile(newer, {}, names);
    return { seeded, newer, before: readFileSync(seeded.home.authFile, 'utf8') };
  }

  test('are taken by whoever would refresh it, and nothing is spent', async () => {
    const { seeded, newer, before } = await homeOfMisfit();
    await runCli(seeded.home, ['check']);
    expect(provider.requests.refreshes()).toEqual([]);
    expect(seeded.record('acc_alice')).toMatchObject({ refreshToken: newer.refresh_token, ...alice });
    expect(seeded.record('acc_alice').idToken).toMatch(/^ey/);
    expect(readFileSync(seeded.home.authFile, 'utf8')).toBe(before);
  });

  test.each(['acc_alice', 'acc_bob'])('are not lost to a switch that replaces them with %s', async (id) => {
    const { seeded, newer } = await homeOfMisfit();
    expect(await runCli(seeded.home, ['switch', id, '--replace'])).toMatchObject({ exitCode: 0 });
    expect(seeded.record('acc_alice')).toMatchObject({ refreshToken: newer.refresh_token });
    expect(seeded.authFile().tokens).toMatchObject({ refresh_token: seeded.record(id).refreshToken });
    expect(seeded.kept().join()).toContain(newer.refresh_token);
    expect(provider.requests.refreshes()).toEqual([]);
  });

  test('are not spent while the file holds them, which the official client goes on using', async () => {
    const seeded = new RefreshHome(temporaryDirectory(), provider);
    const due = await seeded.addAccount('acc_alice', { ...alice, expiresInSeconds: -60 });
    await seeded.addAccount('acc_bob', bob);
    seeded.writeAuthFile(due, {}, names);
    const { document, exitCode } = await runJson(seeded.home, ['check', 'acc_alice']);
    expect(exitCode).toBe(6);
    expect(document.data.accounts[0].problem).toMatchObject({
      message: expect.stringMatching(
        /auth\.json has it too, in (tokens of one account under|content that is not a complete)/,
      ),
      hint: 'codex-auth switch acc_alice --replace',
    });
    expect(provider.requests.refreshes()).toEqual([]);
    expect(await runCli(seeded.home, ['switch', 'acc_alice', '--replace'])).toMatchObject({ exitCode: 0 });
    expect(await runCli(seeded.home, ['check', 'acc_alice'])).toMatchObject({ exitCode: 0 });
    expect(provider.fateOf(seeded.authFile().tokens.refresh_token)).toBe('live');
  });
});

test('what a second home holds in that way is not spent from the first one either', async () => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_alice', { ...alice, expiresInSeconds: 3_600 });
  await seeded.addAccount('acc_bob', bob);
  expect(await runCli(seeded.home, ['switch', 'acc_alice'])).toMatchObject({ exitCode: 0 });
  const { tokens } = seeded.authFile();
  seeded.writeAuthFile(tokens, {}, { account_id: bob.accountId });
  const elsewhere = join(seeded.home.directory, 'other home');
  mkdirSync(elsewhere);
  const variables = { CODEX_HOME: elsewhere, CODEX_MULTI_AUTH_DIR: seeded.home.root };
  const { stdout } = await runCli(seeded.home, ['renew', '--force', 'acc_alice'], { variables });
  expect(stdout).toContain(`CODEX_HOME=${seeded.home.codexHome} codex-auth switch acc_alice --replace`);
  expect(provider.requests.refreshes()).toEqual([]);
});
