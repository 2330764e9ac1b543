import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { runningClients } from '../../../src/core/codex/clients.js';
import { fingerprint } from '../../../src/core/lineage/journal.js';
import { withJournal } from '../../../src/core/lineage/journal-overlay.js';
import { openEntry } from '../../../src/core/lineage/open-entry.js';
import { withPersonLock } from '../../../src/core/logins/person-lock.js';
import { Secret } from '../../../src/core/secret.js';
import { endpointPaths } from '../../support/provider/scenario.js';
import { alice, aliceAtStudio, bob, carol, RefreshHome } from '../../support/refresh-home.js';
import { clockAt } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { useProvider } from '../../support/use-provider.js';

const provider = useProvider();

const expired = { expiresInSeconds: -60 };
const newHome = () => new RefreshHome(temporaryDirectory(), provider);
const sent = () => provider.requests.refreshes().map(({ body }) => Reflect.get(Object(body), 'refresh_token'));
const newestIssued = () => provider.issued.all.at(-1);

describe('an account whose access token is good', () => {
  test('is usable without a request', async () => {
    const home = newHome();
    await home.addAccount('a', carol);
    expect(await home.run('1').refresh('a')).toMatchObject({ kind: 'usable', how: 'valid' });
    expect(provider.requests.all).toEqual([]);
  });

  test('has 60 seconds to spare, and not a second less', async () => {
    const home = newHome();
    await home.addAccount('soon', { ...carol, expiresInSeconds: 50 });
    await home.addAccount('later', { ...alice, expiresInSeconds: 90 });
    const run = home.run('1');
    expect(await run.refresh('later')).toMatchObject({ how: 'valid' });
    expect(await run.refresh('soon')).toMatchObject({ how: 'refreshed' });
    expect(sent()).toHaveLength(1);
  });

  test('is good without a known end until it is refused', async () => {
    const home = newHome();
    await home.addAccount('a', carol, { accessToken: 'opaque', expiresAt: undefined });
    const run = home.run('1');
    expect(await run.refresh('a')).toMatchObject({ how: 'valid' });
    expect(await run.refresh('a', { rejected: new Secret('opaque') })).toMatchObject({ how: 'refreshed' });
  });

  test('is refreshed once when that token was refused, and the next one who had it refused adopts the result', async () => {
    const home = newHome();
    await home.addAccount('a', carol);
    const before = home.account('a');
    const rejected = before.tokens.accessToken;
    const first = await home.run('1').refresh('a', { ...(rejected && { rejected }) });
    const second = await home.run('2').refresh('a', { account: before, ...(rejected && { rejected }) });
    expect([first, second]).toMatchObject([{ how: 'refreshed' }, { how: 'adopted' }]);
    expect(sent()).toHaveLength(1);
  });
});

describe('a refresh', () => {
  test('stores all of the answer, tells health and lineage, and leaves no journal entry', async () => {
    const home = newHome();
    const old = await home.addAccount('a', { ...carol, ...expired });
    const outcome = await home.run('1').refresh('a');
    expect(outcome).toMatchObject({ kind: 'usable', how: 'refreshed' });
    const { refresh_token, access_token, id_token } = newestIssued() ?? {};
    expect(home.record('a')).toMatchObject({
      refreshToken: refresh_token,
      accessToken: access_token,
      idToken: id_token,
      tokenGeneration: 2,
    });
    expect(sent()).toEqual([old.refresh_token]);
    expect(home.journal()).toEqual([]);
    expect(home.state().accounts['a']?.health).toMatchObject({ score: 100 });
    expect(home.lineage()).toContain('"event":"refreshed"');
    for (const token of provider.issued.strings()) expect(home.lineage()).not.toContain(token);
  });

  test('keeps the parts that the answer leaves out', async () => {
    const home = newHome();
    const old = await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.refreshOmits = ['id_token', 'refresh_token'];
    expect(await home.run('1').refresh('a')).toMatchObject({ how: 'refreshed' });
    expect(home.record('a')).toMatchObject({ refreshToken: old.refresh_token, idToken: old.id_token });
    expect(home.record('a').accessToken).toBe(newestIssued()?.access_token);
  });

  test('stores a refresh token that comes without an access token, and says that nothing is usable', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', { kind: 'garbage', body: '{"refresh_token":"rt-lonely"}' });
    expect(await home.run('1').refresh('a')).toMatchObject({ kind: 'no-access-token' });
    expect(home.record('a').refreshToken).toBe('rt-lonely');
    expect(home.flagged()).toEqual([]);
  });

  test('gets the id token that a pool of another tool lacks', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired }, { idToken: undefined });
    expect(await home.run('1').refresh('a')).toMatchObject({ how: 'refreshed' });
    expect(home.record('a').idToken).toBe(newestIssued()?.id_token);
    expect(provider.requests.refreshes()[0]?.body).toMatchObject({ refresh_reason: 'forced' });
  });

  test('is made as the client that the login was issued to', async () => {
    const home = newHome();
    await home.addAccount(
      'a',
      { ...carol, ...expired },
      { provenance: { issuer: provider.issuer, clientId: 'app_x' } },
    );
    await home.run('1').refresh('a');
    expect(provider.requests.refreshes()[0]?.body).toMatchObject({ client_id: 'app_x' });
  });

  test('is never sent to another address than the one that issued the login', async () => {
    const home = newHome();
    await home.addAccount('a', carol, { provenance: { issuer: 'https://elsewhere.example', clientId: 'app_x' } });
    const outcome = await home.run('1').refresh('a', { rejected: new Secret('x') });
    expect(outcome).toMatchObject({ kind: 'issuer-mismatch', issuer: 'https://elsewhere.example' });
    expect(provider.requests.all).toEqual([]);
  });

  test('is not possible without a refresh token', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired }, { refreshToken: undefined });
    expect(await home.run('1').refresh('a')).toMatchObject({ kind: 'no-refresh-token' });
  });

  test('of an account that somebody has removed says so', async () => {
    const home = newHome();
    await home.addAccount('a', carol);
    const account = home.account('a');
    writeFileSync(home.home.poolFile, JSON.stringify({ version: 3, accounts: [], activeIndex: 0 }));
    await expect(home.run('1').refresh('a', { account })).rejects.toMatchObject({ code: 'no-such-account' });
  });

  test('for an account that is removed while it is under way keeps the new login aside', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', { kind: 'slow', ms: 300 });
    const refresh = home.run('1').refresh('a');
    await expect.poll(sent).toHaveLength(1);
    writeFileSync(home.home.poolFile, JSON.stringify({ version: 3, accounts: [], activeIndex: 0 }));
    await expect(refresh).rejects.toMatchObject({ code: 'no-such-account', hint: expect.stringContaining('kept') });
    expect(home.kept().join()).toContain(newestIssued()?.refresh_token);
    expect(home.journal()).toEqual([]);
  });

  test('never overwrites a login that came while it was under way and is newer', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.on('token', { kind: 'slow', ms: 300 }, { times: 1 });
    const refresh = home.run('1').refresh('a');
    await expect.poll(sent).toHaveLength(1);
    writeFileSync(home.home.poolFile, JSON.stringify({ version: 3, accounts: [], activeIndex: 0 }));
    const newer = await home.addAccount('a', { ...carol, issuedAt: Date.now() + 60_000 });
    expect(await refresh).toMatchObject({ kind: 'usable', how: 'adopted' });
    expect(home.record('a')).toMatchObject({ refreshToken: newer.refresh_token, accessToken: newer.access_token });
  });
});

describe('many refreshes of one account at once', () => {
  test('send one request, also across runs', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    const account = home.account('a');
    const runs = ['1', '2', '3', '4'].map((id) => home.run(id));
    const outcomes = await Promise.all(runs.map((run) => run.refresh('a', { account })));
    expect(outcomes.map((outcome) => outcome.kind === 'usable' && outcome.how).sort()).toEqual([
      'adopted',
      'adopted',
      'adopted',
      'refreshed',
    ]);
    expect(sent()).toHaveLength(1);
  });

  test('send one request when one record of the login does not say whose it is', async () => {
    const home = newHome();
    const { refresh_token } = await home.addAccount('known', { ...alice, ...expired });
    const nameless = { userId: undefined, accountId: undefined, email: undefined, idToken: undefined };
    await home.addAccount(
      'nameless',
      { ...alice, refreshToken: refresh_token },
      { ...nameless, accessToken: undefined },
    );
    await Promise.all([home.run('1').refresh('known'), home.run('2').refresh('nameless')]);
    const spentTwice = sent().filter((token) => token === refresh_token);
    expect(spentTwice).toHaveLength(1);
  });

  test('change to the lock of the person whose login it turns out to be', async () => {
    const home = newHome();
    const nameless = { userId: undefined, accountId: undefined, email: undefined, idToken: undefined };
    await home.addAccount('a', { ...carol, ...expired }, { ...nameless, accessToken: 'opaque', expiresAt: 1 });
    // The token of the first refresh ends too soon for the second, which therefore sends a request of its own.
    provider.scenario.accessTokenSeconds = 30;
    provider.scenario.on('token', { kind: 'slow', ms: 200 }, { times: 1 });
    const account = home.account('a');
    let letGo: () => void = () => undefined;
    const held = withPersonLock(home.root, { ...account, userId: 'user-carol' }, {}, () => {
      return new Promise<void>((resolve) => {
        letGo = resolve;
      });
    });
    const [first, second] = ['1', '2'].map((id) => home.run(id).refresh('a', { account }));
    await first;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sent()).toHaveLength(1);
    letGo();
    await Promise.all([held, second]);
    expect(sent()).toHaveLength(2);
  });

  test('wait for the lock that a refresh has revealed', async () => {
    const home = newHome();
    const nameless = { userId: undefined, accountId: undefined, email: undefined, idToken: undefined };
    await home.addAccount('a', { ...carol, ...expired }, { ...nameless, accessToken: 'opaque', expiresAt: 1 });
    provider.scenario.on('token', { kind: 'slow', ms: 200 });
    const account = home.account('a');
    const refreshes = ['1', '2', '3'].map((id) => home.run(id).refresh('a', { account }));
    expect((await Promise.all(refreshes)).every(({ kind }) => kind === 'usable')).toBe(true);
    expect(sent()).toHaveLength(1);
    expect(home.account('a').userId).toBe('user-carol');
  });
});

describe('one login of two workspaces', () => {
  async function sharedLogin(home: RefreshHome, lives: { personal: number; studio: number }) {
    const personal = await home.addAccount('personal', { ...alice, expiresInSeconds: lives.personal });
    const refreshToken = personal.refresh_token;
    const studio = await home.addAccount('studio', { ...aliceAtStudio, refreshToken, expiresInSeconds: lives.studio });
    return { personal, studio, refreshToken };
  }

  test('passes the new refresh token to both, and each keeps an access token of its own', async () => {
    const home = newHome();
    const { studio } = await sharedLogin(home, { personal: -60, studio: 3_600 });
    const run = home.run('1');
    expect(await run.refresh('personal')).toMatchObject({ how: 'refreshed' });
    const next = newestIssued()?.refresh_token;
    expect([home.record('personal').refreshToken, home.record('studio').refreshToken]).toEqual([next, next]);
    expect(home.record('studio').accessToken).toBe(studio.access_token);
    expect(await run.refresh('studio')).toMatchObject({ how: 'valid' });
  });

  test('needs no refresh while one of them is good: the other enters through it', async () => {
    const home = newHome();
    const { refreshToken } = await sharedLogin(home, { personal: 3_600, studio: -60 });
    expect(await home.run('1').refresh('studio')).toMatchObject({ kind: 'usable', how: 'refreshed' });
    expect(sent()).toEqual([]);
    expect(home.record('studio').refreshToken).toBe(refreshToken);
    expect(await home.run('2').refresh('studio')).toMatchObject({ how: 'valid' });
  });

  test('needs one refresh when both have expired: the second enters through the first', async () => {
    const home = newHome();
    await sharedLogin(home, { personal: -60, studio: -60 });
    const run = home.run('1');
    const outcomes = [await run.refresh('studio'), await run.refresh('personal')];
    expect(outcomes).toMatchObject([{ how: 'refreshed' }, { kind: 'usable', how: 'valid' }]);
    expect(sent()).toHaveLength(1);
    expect(home.record('studio').refreshToken).toBe(home.record('personal').refreshToken);
    const asStudio = provider.requests.to(endpointPaths.switchWorkspace).map(({ body }) => body);
    expect(asStudio).toEqual([{ workspace_id: aliceAtStudio.accountId }]);
    expect(home.record('studio').accessToken).not.toBe(home.record('personal').accessToken);
  });

  test('says so when the provider lets nobody over, and stores what it answered', async () => {
    const home = newHome();
    await sharedLogin(home, { personal: -60, studio: -60 });
    provider.scenario.on('switchWorkspace', { kind: 'status', status: 404 });
    expect(await home.run('1').refresh('studio')).toMatchObject({ kind: 'other-workspace' });
    expect(home.record('personal').accessToken).toBe(newestIssued()?.access_token);
    expect(home.record('studio').refreshToken).toBe(newestIssued()?.refresh_token);
    expect(home.flagged()).toEqual([]);
  });

  test('takes no access token for a workspace that it did not ask for', async () => {
    const home = newHome();
    await sharedLogin(home, { personal: 3_600, studio: -60 });
    const { access_token } = await provider.issueTokens(alice);
    provider.scenario.on('switchWorkspace', { kind: 'garbage', body: JSON.stringify({ access_token }) });
    await home.run('1').refresh('studio');
    expect(home.record('studio').accessToken).not.toBe(access_token);
  });

  test('is found in auth.json under the name of the other workspace, and brought up to date there', async () => {
    const home = newHome();
    const { personal } = await sharedLogin(home, { personal: 3_600, studio: -60 });
    home.writeAuthFile(personal);
    provider.scenario.on('switchWorkspace', { kind: 'status', status: 404 });
    await home.run('1').refresh('studio');
    const next = newestIssued();
    expect(home.authFile().tokens).toMatchObject({
      refresh_token: next?.refresh_token,
      account_id: alice.accountId,
    });
  });

  test('is brought up to date in auth.json also when that names a workspace we have no account for', async () => {
    const home = newHome();
    const { refresh_token } = await home.addAccount('personal', { ...alice, ...expired });
    const studio = await provider.issueTokens({ ...aliceAtStudio, refreshToken: refresh_token });
    home.writeAuthFile(studio);
    await home.run('1').refresh('personal');
    expect(home.authFile().tokens).toMatchObject({
      refresh_token: newestIssued()?.refresh_token,
      access_token: studio.access_token,
      account_id: aliceAtStudio.accountId,
    });
  });

  test('is brought up to date there also later, where nobody could at the time', async () => {
    const home = newHome();
    const { refresh_token } = await home.addAccount('personal', { ...alice, ...expired });
    const studio = await provider.issueTokens({ ...aliceAtStudio, refreshToken: refresh_token });
    await home.run('1').refresh('personal');
    home.writeAuthFile(studio);
    await home.run('2').refresh('personal');
    expect(home.authFile().tokens).toMatchObject({
      refresh_token: home.record('personal').refreshToken,
      access_token: studio.access_token,
    });
  });

  test('does not come back from auth.json with a spent refresh token beside a newer access token', async () => {
    const home = newHome();
    const { refreshToken } = await sharedLogin(home, { personal: -60, studio: 3_600 });
    const run = home.run('1');
    await run.refresh('personal');
    const live = home.record('personal').refreshToken;
    // The client switched the workspace while our answer was under way: a newer access token, the old refresh token.
    const later = { issuedAt: Date.now() + 30_000 };
    const switched = await provider.issueTokens({ ...aliceAtStudio, ...later, refreshToken });
    home.writeAuthFile(switched);
    expect(await run.refresh('studio')).toMatchObject({ kind: 'usable', how: 'adopted' });
    expect(home.record('studio').accessToken).toBe(switched.access_token);
    expect([home.record('studio').refreshToken, home.record('personal').refreshToken]).toEqual([live, live]);
    expect(home.authFile().tokens.refresh_token).toBe(live);
  });
});

describe('auth.json', () => {
  test('is where a newer copy is found, so that nothing is sent', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired, issuedAt: Date.now() - 900_000 });
    const newer = await provider.issueTokens(carol);
    home.writeAuthFile(newer);
    expect(await home.run('1').refresh('a')).toMatchObject({ kind: 'usable', how: 'adopted' });
    expect(home.record('a').refreshToken).toBe(newer.refresh_token);
    expect(provider.requests.all).toEqual([]);
  });

  test('gets the new tokens when it holds the login that was spent, and keeps everything else', async () => {
    const home = newHome();
    const old = await home.addAccount('a', { ...carol, ...expired });
    home.writeAuthFile(old, { OPENAI_API_KEY: 'sk-kept', something_new: { a: 1 } });
    await home.run('1').refresh('a');
    const { refresh_token, access_token, id_token } = newestIssued() ?? {};
    expect(home.authFile()).toMatchObject({ OPENAI_API_KEY: 'sk-kept', something_new: { a: 1 } });
    expect(home.authFile().tokens).toMatchObject({
      refresh_token,
      access_token,
      id_token,
      login_owner_id: 'the-login-in-auth-json',
      account_id: carol.accountId,
    });
  });

  test('is not touched when it holds another lineage of the same account', async () => {
    const home = newHome();
    const older = await provider.issueTokens({ ...carol, issuedAt: Date.now() - 900_000 });
    await home.addAccount('a', { ...carol, ...expired });
    home.writeAuthFile(older);
    const run = home.run('1');
    await run.refresh('a');
    await run.refresh('a');
    expect(home.authFile().tokens.refresh_token).toBe(older.refresh_token);
  });

  test('is not touched when it holds somebody else', async () => {
    const home = newHome();
    const theirs = await provider.issueTokens(bob);
    await home.addAccount('a', { ...carol, ...expired });
    home.writeAuthFile(theirs);
    await home.run('1').refresh('a');
    expect(home.authFile().tokens.refresh_token).toBe(theirs.refresh_token);
    expect(home.records()).toHaveLength(1);
  });

  test('that could not be written is a warning, and the next run makes up for it', async () => {
    const home = newHome();
    const old = await home.addAccount('a', { ...carol, ...expired });
    home.writeAuthFile(old);
    // While the request is out, a directory comes to stand where the lock file of the official client belongs.
    const lock = join(home.home.codexHome, 'auth.json.lock');
    const putInTheWay = () => {
      rmSync(lock);
      mkdirSync(lock);
    };
    provider.scenario.on('token', { kind: 'held', until: vi.waitUntil(() => sent().length > 0).then(putInTheWay) });
    const run = home.run('1');
    expect(await run.refresh('a')).toMatchObject({ kind: 'usable', how: 'refreshed' });
    expect(run.warnings.join()).toContain('auth.json');
    expect(home.authFile().tokens.refresh_token).toBe(old.refresh_token);

    rmdirSync(lock);
    expect(await home.run('2').refresh('a')).toMatchObject({ kind: 'usable', how: 'valid' });
    expect(home.authFile().tokens.refresh_token).toBe(newestIssued()?.refresh_token);
    expect(sent()).toHaveLength(1);
  });
});

describe('a running official client', () => {
  function startClient(codexHome: string): number {
    const program = join(temporaryDirectory(), 'codex');
    copyFileSync('/bin/sleep', program);
    const child = spawn(program, ['60'], { env: { CODEX_HOME: codexHome }, stdio: 'ignore' });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    return child.pid ?? -1;
  }

  test('is seen when it uses this home, however that is written, and not when it uses another', async () => {
    const home = newHome();
    const pid = startClient(`${home.home.codexHome}/../codex/`);
    const other = startClient(temporaryDirectory());
    await expect.poll(() => runningClients(home.codex)).toEqual([pid]);
    expect(runningClients(home.codex)).not.toContain(other);
  });

  test('looks after its own login while that is valid, under whatever workspace', async () => {
    const home = newHome();
    const { refresh_token } = await home.addAccount('personal', { ...alice, expiresInSeconds: 30 });
    await home.addAccount('studio', { ...aliceAtStudio, ...expired, refreshToken: refresh_token });
    home.writeAuthFile(await provider.issueTokens({ ...alice, expiresInSeconds: 30, refreshToken: refresh_token }));
    const run = home.run('1', { runningClients: () => [4711] });
    expect(await run.refresh('personal')).toMatchObject({ kind: 'left-to-client', pid: 4711 });
    expect(await run.refresh('studio')).toMatchObject({ kind: 'left-to-client', pid: 4711 });
    expect(sent()).toEqual([]);
  });

  test('does not keep us from a login that has expired, or that is not in auth.json', async () => {
    const home = newHome();
    home.writeAuthFile(await home.addAccount('a', { ...carol, ...expired }));
    await home.addAccount('b', { ...alice, expiresInSeconds: 30 });
    const run = home.run('1', { runningClients: () => [4711] });
    expect(await run.refresh('a')).toMatchObject({ how: 'refreshed' });
    expect(await run.refresh('b')).toMatchObject({ how: 'refreshed' });
  });
});

describe('a clock that is off', () => {
  test.each([-30, 30])('by %d days does not make a fresh token look expired, now or in the next run', async (days) => {
    const clock = clockAt(Date.now() + days * 86_400_000);
    const home = new RefreshHome(temporaryDirectory(), provider, { clock });
    await home.addAccount('a', carol, { expiresAt: 1 });
    expect(await home.run('1').refresh('a')).toMatchObject({ kind: 'usable', how: 'refreshed' });
    expect(await home.run('2').refresh('a')).toMatchObject({ kind: 'usable', how: 'valid' });
    const left = Number(home.record('a')['expiresAt']) - clock.now();
    expect(Math.round(left / 86_400_000)).toBe(10);
  });

  test('of the provider alone is no reason to call a token expired', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    provider.scenario.clockOffsetSeconds = -20 * 86_400;
    expect(await home.run('1').refresh('a')).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });
});

describe('an entry of the journal', () => {
  const header = (home: RefreshHome, id: string, token: string) => {
    return {
      kind: 'refresh' as const,
      startedAt: 1,
      spent: fingerprint(token),
      accountIds: [id],
      issuer: home.provider.issuer,
      clientId: 'app',
    };
  };

  test('with an answer of a dead process is finished before anything is sent', async () => {
    const home = newHome();
    const old = await home.addAccount('a', { ...carol, ...expired });
    const next = await provider.issueTokens(carol);
    const entry = await openEntry(home.root.paths.journal, home.root.processes, header(home, 'a', old.refresh_token));
    const tokens = { refreshToken: next.refresh_token, accessToken: next.access_token, idToken: next.id_token };
    await entry.record({ ...tokens, receivedAt: Date.now() });
    entry.leave();
    expect(await home.run('1').refresh('a')).toMatchObject({ how: 'adopted' });
    expect(home.record('a').refreshToken).toBe(next.refresh_token);
    expect(home.journal()).toEqual([]);
    expect(sent()).toEqual([]);
  });

  test('that turned out to be for another workspace shows reading commands its refresh token only', async () => {
    const home = newHome();
    const old = await home.addAccount('studio', aliceAtStudio);
    const next = await provider.issueTokens(alice);
    const entry = await openEntry(
      home.root.paths.journal,
      home.root.processes,
      header(home, 'studio', old.refresh_token),
    );
    const tokens = { refreshToken: next.refresh_token, accessToken: next.access_token, idToken: next.id_token };
    await entry.record({ ...tokens, receivedAt: Date.now() });
    const { refreshToken, accessToken } = withJournal(home.account('studio'), home.journal()).tokens;
    entry.discard();
    expect([refreshToken?.reveal(), accessToken?.reveal()]).toEqual([next.refresh_token, old.access_token]);
  });

  test.each([
    ['another process', { pid: process.ppid, startedAt: undefined }, `another process (pid ${process.ppid})`],
    ['this process', {}, 'another call of this process'],
  ])('of %s, which waits for its answer, forbids to send the same token', async (_who, owner, words) => {
    const home = newHome();
    const old = await home.addAccount('a', { ...carol, ...expired });
    const { processes, paths } = home.root;
    const table = { ...processes, self: { ...processes.self, ...owner } };
    const entry = await openEntry(paths.journal, table, header(home, 'a', old.refresh_token));
    const outcome = await home.run('1').refresh('a');
    expect(outcome).toMatchObject({ kind: 'unknown', message: expect.stringContaining(words) });
    expect(outcome).not.toHaveProperty('retryAt');
    expect(sent()).toEqual([]);
    entry.discard();
    expect(await home.run('1').refresh('a')).toMatchObject({ how: 'refreshed' });
  });

  test('that cannot be made means that nothing is sent', async () => {
    const home = newHome();
    await home.addAccount('a', { ...carol, ...expired });
    writeFileSync(home.root.paths.journal, 'a file where the directory belongs');
    await expect(home.run('1').refresh('a')).rejects.toMatchObject({ code: expect.stringMatching(/^storage-/) });
    expect(sent()).toEqual([]);
  });
});
