import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { refreshAsClient } from '../support/client-refresh.js';
import { driveLogin } from '../support/drive-login.js';
import { canFakeClients, startFakeClient } from '../support/fake-clients.js';
import { alice, aliceAtStudio, carol, RefreshHome } from '../support/refresh-home.js';
import { said } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

function homesOf() {
  const directory = temporaryDirectory();
  const home = (name: string) => {
    const codexHome = join(directory, name);
    mkdirSync(codexHome, { recursive: true });
    return new RefreshHome(directory, provider, { codexHome });
  };
  const [one, two] = [home('one'), home('two')];
  const privately = (id: string) =>
    new RefreshHome(directory, provider, { codexHome: join(one.home.root, 'homes', id) });
  return { one, two, privately };
}

/** One login of two workspaces: the provider answers for the personal one, whichever the client has in use. */
async function sharedLogin() {
  const homes = homesOf();
  const { refresh_token: refreshToken } = await homes.one.addAccount('personal', alice);
  await homes.one.addAccount('studio', { ...aliceAtStudio, refreshToken });
  await homes.one.addAccount('carol', carol);
  return homes;
}

const command = async ({ home }: RefreshHome, ...words: string[]) => {
  const result = await runCli(home, words, { launch: () => Promise.resolve(0) });
  expect(result.exitCode, said(result)).toBe(0);
  return result.stdout;
};
const [personal, studio] = ['personal', 'studio'];
const use = (at: RefreshHome, id: string) => command(at, 'switch', id);
const tokenIn = (each: RefreshHome) => each.authFile().tokens.refresh_token;
const accountIn = (each: RefreshHome) => each.authFile().tokens['account_id'];
const tokensOf = (each: RefreshHome) => [each.record('personal').refreshToken, each.record('studio').refreshToken];

describe('what the client has got for one workspace of a login while it uses another', () => {
  test('is kept for both when the home gets another login', async () => {
    const { one } = await sharedLogin();
    await use(one, studio);
    const { refresh_token } = await refreshAsClient(one);
    expect(accountIn(one)).toBe(aliceAtStudio.accountId);
    await use(one, 'carol');
    expect(tokensOf(one)).toEqual([refresh_token, refresh_token]);
    await use(one, studio);
    await refreshAsClient(one);
  });

  test('is shown as what it is', async () => {
    const { one } = await sharedLogin();
    await use(one, studio);
    await refreshAsClient(one);
    expect(await command(one, 'status')).toContain('alice@example.com');
    expect(await command(one, 'check')).toMatch(/Studio.*: in use/);
    expect(await command(one, 'doctor', '--offline')).not.toContain('under the id of another');
  });

  test('is no reason to hand out, in another home, the token that it took the place of', async () => {
    const { one, two } = await sharedLogin();
    await use(two, studio);
    await refreshAsClient(two);
    await use(one, studio);
    expect([lstatSync(one.home.authFile).isSymbolicLink(), tokenIn(one)]).toEqual([true, tokenIn(two)]);
    await refreshAsClient(one);
  });

  test('is taken over before the token is spent', async () => {
    const { one, two } = await sharedLogin();
    await use(two, studio);
    const { refresh_token } = await refreshAsClient(two);
    expect(await command(one, 'renew', personal, '--force')).toContain('1 renewed');
    expect([tokenIn(two), ...tokensOf(one)]).toEqual([refresh_token, refresh_token, refresh_token]);
  });

  test('belongs to the one that is left when the other has been removed', async () => {
    const { one } = await sharedLogin();
    await use(one, studio);
    await command(one, 'remove', personal, '--yes');
    const { refresh_token } = await refreshAsClient(one);
    await use(one, 'carol');
    expect(one.record('studio').refreshToken).toBe(refresh_token);
  });

  test('goes to the one that stays when the one in use is removed', async () => {
    const { one, two } = await sharedLogin();
    await use(two, personal);
    const { refresh_token } = await refreshAsClient(two);
    await command(two, 'remove', personal, '--yes');
    expect(one.record('studio').refreshToken).toBe(refresh_token);
  });

  test('is brought up to date in the home of one that has been removed', async () => {
    const { one, two } = await sharedLogin();
    await use(two, studio);
    await refreshAsClient(two);
    await command(one, 'remove', studio, '--yes');
    expect(tokenIn(two)).toBe(one.record('personal').refreshToken);
    await command(one, 'renew', personal, '--force');
    await command(one, 'renew', personal, '--force');
    expect([tokenIn(two), accountIn(two)]).toEqual([one.record('personal').refreshToken, aliceAtStudio.accountId]);
    expect(provider.fateOf(tokenIn(two))).toBe('live');
  });

  test('is kept for the other one when the first is signed in to again', async () => {
    const { one, privately } = await sharedLogin();
    await command(one, 'run', studio, '--', 'true');
    const { refresh_token } = await refreshAsClient(privately('studio'));
    const words = ['login', '--expect', alice.email, '--no-activate'];
    const { exitCode } = await runCli(one.home, words, { onStderr: driveLogin(provider, alice).onStderr });
    expect([exitCode, one.record('studio').refreshToken]).toEqual([0, refresh_token]);
    expect(one.record('personal').refreshToken).not.toBe(refresh_token);
  });

  test('is that of the one in use also when the other has a login of its own by now', async () => {
    const { one, two } = await sharedLogin();
    for (const id of [personal, studio]) await use(two, id);
    const words = ['login', '--expect', alice.email, '--no-activate'];
    await runCli(one.home, words, { onStderr: driveLogin(provider, alice).onStderr });
    const own = one.record('personal').refreshToken;
    provider.scenario.clockOffsetSeconds += 60;
    await refreshAsClient(two);
    expect(await command(two, 'doctor', '--offline')).not.toContain('under the id of another');
    await command(one, 'renew', studio, '--force');
    expect(tokensOf(one)).toEqual([own, tokenIn(two)]);
    expect(tokensOf(one).map((token) => provider.fateOf(String(token)))).toEqual(['live', 'live']);
  });

  test('is nobody’s where each of them has a login of its own', async () => {
    const { one } = homesOf();
    const own = await one.addAccount('personal', alice);
    await one.addAccount('studio', aliceAtStudio);
    await one.addAccount('carol', carol);
    one.writeAuthFile(own, {}, { account_id: aliceAtStudio.accountId });
    const { exitCode, stderr } = await runCli(one.home, ['switch', 'carol']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('tokens of one account under the id of another')]);
  });
});

describe('what the client has got for a login whose workspaces went their own ways', () => {
  const owner = (login_owner_id: string) => ({
    authFile: { top: { OPENAI_API_KEY: null }, tokens: { login_owner_id } },
  });

  async function ownedLogin() {
    const homes = homesOf();
    const { refresh_token: refreshToken } = await homes.one.addAccount('personal', aliceAtStudio, owner('first'));
    await homes.one.addAccount('studio', { ...alice, refreshToken }, owner('first'));
    await homes.one.addAccount('carol', carol);
    return homes;
  }

  test.each([
    [personal, studio],
    [studio, personal],
  ])('is for the one that is left where %s was removed while its client went on', async (gone, left) => {
    const { one, two } = await ownedLogin();
    await use(two, gone);
    await command(one, 'remove', gone, '--yes');
    await refreshAsClient(two);
    await command(one, 'renew', left, '--force');
    expect([tokenIn(two), provider.fateOf(tokenIn(two))]).toEqual([one.record(left).refreshToken, 'live']);
    await refreshAsClient(two);
    expect((await runCli(one.home, ['switch', left])).stderr).toContain('is in use for another workspace');
  });

  test('is for the one that is left where the home was away while the other was removed', async () => {
    const { one, two } = await ownedLogin();
    await use(two, personal);
    renameSync(two.home.codexHome, `${two.home.codexHome}-away`);
    await command(one, 'switch', personal, '--take');
    await command(one, 'remove', personal, '--yes');
    await command(one, 'renew', '--force');
    renameSync(`${two.home.codexHome}-away`, two.home.codexHome);
    await runCli(one.home, ['check']);
    expect([one, two].map(tokenIn)).toEqual(Array(2).fill(one.record('studio').refreshToken));
  });

  test('is not lost where a pool from before comes back and a client has signed in to the first', async () => {
    const { one, two } = await ownedLogin();
    await use(two, personal);
    const before = readFileSync(one.home.poolFile);
    await command(one, 'renew', personal, '--force');
    const newest = tokenIn(two);
    provider.scenario.clockOffsetSeconds += 60;
    one.writeAuthFile(await provider.issueTokens(aliceAtStudio), {}, { login_owner_id: 'second' });
    writeFileSync(one.home.poolFile, before);
    await command(one, 'check', personal);
    expect(tokensOf(one)).toEqual([tokenIn(one), newest]);
  });

  test('stays that of the one in use where the other was removed, and has signed in again', async () => {
    const { one, two } = await ownedLogin();
    await use(two, studio);
    await command(one, 'remove', personal, '--yes');
    const words = ['login', '--expect', alice.email];
    await runCli(one.home, words, { onStderr: driveLogin(provider, aliceAtStudio).onStderr });
    const own = tokenIn(one);
    provider.scenario.clockOffsetSeconds += 60;
    const { refresh_token } = await refreshAsClient(two);
    await command(two, 'switch', 'carol');
    expect([one.record('studio').refreshToken, tokenIn(one)]).toEqual([refresh_token, own]);
  });

  test('never gives way to a token that is spent, however new the access token is beside it', async () => {
    const { one, two } = await ownedLogin();
    await use(two, personal);
    const spent = tokenIn(two);
    // Through the other workspace there would be an access token without a refresh.
    await command(one, 'remove', studio, '--yes');
    await command(one, 'renew', personal, '--force');
    const newest = tokenIn(two);
    expect(newest).not.toBe(spent);
    provider.scenario.clockOffsetSeconds += 60;
    const { access_token } = await provider.issueTokens({ ...aliceAtStudio, refreshToken: newest });
    const changes = { refreshToken: spent, accessToken: access_token, lastRefresh: provider.scenario.now() };
    const [record, ...others] = one.records();
    writeFileSync(one.home.poolFile, JSON.stringify({ version: 3, accounts: [{ ...record, ...changes }, ...others] }));
    await runCli(one.home, ['check']);
    expect(tokenIn(two)).toBe(newest);
  });

  test('is not undone to what it was where that is spent, in the record and in auth.json', async () => {
    const { one, two } = await ownedLogin();
    await use(two, personal);
    writeFileSync(one.home.authFile, readFileSync(two.home.authFile));
    await command(two, 'remove', personal, '--yes');
    await command(two, 'renew', studio, '--force');
    const { exitCode, stdout } = await runCli(one.home, ['undo']);
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('has been used up since')]);
    expect(one.records().map(({ recordId }) => recordId)).toEqual(['studio', 'carol']);
  });

  test('is for the other one where a client has signed in to the first in another home', async () => {
    const { one, two } = await ownedLogin();
    await use(two, personal);
    const { refresh_token } = await refreshAsClient(two);
    provider.scenario.clockOffsetSeconds += 60;
    const own = await provider.issueTokens(aliceAtStudio);
    one.writeAuthFile(own, {}, { login_owner_id: 'second' });
    await use(one, personal);
    expect(tokensOf(one)).toEqual([own.refresh_token, refresh_token]);
  });
});

test('a login that another home holds under the id of somebody else gets no second file', async () => {
  const { one, two } = homesOf();
  const own = await one.addAccount('personal', alice);
  await one.addAccount('carol', carol);
  await use(two, 'carol');
  two.writeAuthFile(own, {}, { account_id: carol.accountId });
  const { exitCode, stderr } = await runCli(one.home, ['switch', personal]);
  expect([exitCode, existsSync(one.home.authFile)]).toEqual([1, false]);
  expect(stderr).toContain(`${two.home.authFile} holds the login of ${alice.email}`);
  expect(stderr).toContain(`→ CODEX_HOME=${two.home.codexHome} codex-auth switch ${personal} --replace`);
  await command(two, 'switch', personal, '--replace');
  await use(one, personal);
  expect([lstatSync(one.home.authFile).isSymbolicLink(), tokenIn(two)]).toEqual([true, own.refresh_token]);
});

describe('a login that is in use for another workspace', () => {
  test('does not keep the login in the way from being remembered where it is', async () => {
    const { one, two } = await sharedLogin();
    provider.scenario.clockOffsetSeconds += 60;
    two.writeAuthFile(await provider.issueTokens(carol));
    await use(one, personal);
    expect((await runCli(two.home, ['switch', studio])).exitCode).toBe(1);
    await use(one, 'carol');
    expect([lstatSync(one.home.authFile).isSymbolicLink(), tokenIn(one)]).toEqual([true, tokenIn(two)]);
  });

  test('is newer in the home that has it, whoever else is to use it', async () => {
    const { one, two } = await sharedLogin();
    await use(two, personal);
    const { refresh_token } = await refreshAsClient(two);
    const { exitCode, stderr } = await runCli(one.home, ['switch', studio]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('is in use for another workspace')]);
    expect(tokensOf(one)).toEqual([refresh_token, refresh_token]);
    expect(existsSync(one.home.authFile)).toBe(false);
  });

  test.each([
    [personal, studio],
    [studio, personal],
  ])('in a home that cannot be read now gets no second file (%s there, %s wanted)', async (there, wanted) => {
    const { one, two } = await sharedLogin();
    await use(two, there);
    // Not what a switch has written there.
    await command(one, 'renew', personal, '--force');
    const newest = tokenIn(two);
    expect(tokensOf(one)).toEqual([newest, newest]);
    renameSync(two.home.codexHome, `${two.home.codexHome}-away`);
    const { exitCode, stderr } = await runCli(one.home, ['switch', wanted]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('which cannot be read now')]);
    const asked = provider.requests.refreshes().length;
    await runCli(one.home, ['renew', '--force']);
    expect(provider.fateOf(newest)).toBe('live');
    await command(one, 'switch', wanted, '--take');
    await command(one, 'renew', wanted, '--force');
    expect(provider.requests.refreshes().length).toBeGreaterThan(asked);
  });

  test('stays as it is where a second home has a link to it', async () => {
    const { one, two } = await sharedLogin();
    for (const each of [one, two]) await use(each, personal);
    const { exitCode, stderr } = await runCli(one.home, ['switch', studio]);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining(`in use for another workspace in ${two.home.codexHome}`),
    ]);
    expect([one, two].map(accountIn)).toEqual([alice.accountId, alice.accountId]);
  });

  test('leaves a home of run in which nothing runs, and run says where it is', async () => {
    const { one, privately } = await sharedLogin();
    await use(one, personal);
    await command(one, 'run', personal, '--', 'true');
    await use(one, studio);
    expect([accountIn(one), existsSync(privately('personal').home.authFile)]).toEqual([aliceAtStudio.accountId, false]);
    const { exitCode, stderr } = await runCli(one.home, ['run', personal, '--', 'true'], {
      launch: () => Promise.resolve(0),
    });
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining(`in use for another workspace in ${one.home.codexHome}`),
    ]);
    await use(one, 'carol');
    await command(one, 'run', personal, '--', 'true');
    expect(tokenIn(privately('personal'))).toBe(one.record('personal').refreshToken);
  });

  test.skipIf(!canFakeClients)('does not leave a home of run in which a client runs', async () => {
    const { one, privately } = await sharedLogin();
    await use(one, personal);
    await command(one, 'run', personal, '--', 'true');
    const { codexHome } = privately('personal').home;
    await startFakeClient(codexHome, []);
    const { exitCode, stderr } = await runCli(one.home, ['switch', studio]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`in use for another workspace in ${codexHome}`)]);
  });
});
