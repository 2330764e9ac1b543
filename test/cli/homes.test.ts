import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli, runJson } from '../support/cli.js';
import { refreshAsClient } from '../support/client-refresh.js';
import { driveLogin } from '../support/drive-login.js';
import { canFakeClients, startFakeClient } from '../support/fake-clients.js';
import { alice, bob, carol, RefreshHome } from '../support/refresh-home.js';
import { said } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { writeFlatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

/** One root that serves several official homes; none of them is the one that the root lies in. */
class Homes {
  readonly directory = temporaryDirectory();

  home(name: string): RefreshHome {
    const codexHome = join(this.directory, name);
    mkdirSync(codexHome, { recursive: true });
    return new RefreshHome(this.directory, provider, { codexHome });
  }
}

async function twoHomes(expiresInSeconds?: number): Promise<{ one: RefreshHome; two: RefreshHome; homes: Homes }> {
  const homes = new Homes();
  const [one, two] = [homes.home('one'), homes.home('two')];
  const lifetime = expiresInSeconds === undefined ? {} : { expiresInSeconds };
  await one.addAccount('acc_alice', { ...alice, ...lifetime });
  await one.addAccount('acc_carol', { ...carol, ...lifetime });
  return { one, two, homes };
}

const use = async ({ home }: RefreshHome, ...words: string[]) => {
  const result = await runCli(home, ['switch', ...words]);
  expect(result.exitCode, said(result)).toBe(0);
};
const emailIn = ({ codex }: RefreshHome) => {
  const { tokens } = JSON.parse(readFileSync(codex.authFile, 'utf8'));
  return JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url').toString()).email;
};
const tokenIn = (each: RefreshHome) => each.authFile().tokens.refresh_token;
const isLink = ({ home }: RefreshHome) => lstatSync(home.authFile).isSymbolicLink();
const registry = ({ root }: RefreshHome) => JSON.parse(readFileSync(root.paths.homes, 'utf8')).homes;

test('a login in another home that others can read is found by doctor, and closed to them', async () => {
  const { one, two } = await twoHomes();
  await use(two, alice.email);
  chmodSync(two.codex.authFile, 0o644);
  const { document } = await runJson(one.home, ['doctor', '--offline']);
  const row = document.data.checks.find(({ id }: { id: string }) => id === 'permissions');
  expect(row).toMatchObject({ status: 'error', message: expect.stringContaining(two.codex.authFile) });
  await runCli(one.home, ['doctor', '--offline', '--fix']);
  expect(statSync(two.codex.authFile).mode & 0o777).toBe(0o600);
});

describe('a login that two homes want', () => {
  test('stands in one file, to which the second home has a link', async () => {
    const { one, two } = await twoHomes();
    await use(one, alice.email);
    const { document } = await runJson(two.home, ['switch', alice.email]);
    expect(document.data).toMatchObject({ changed: true, sharedWith: one.home.codexHome });
    expect([isLink(one), isLink(two)]).toEqual([false, true]);
    expect(registry(one).map(({ accountId }: { accountId: string }) => accountId)).toEqual(['acc_alice', 'acc_alice']);

    const again = await runJson(two.home, ['switch', alice.email]);
    expect(again.document.data).toMatchObject({ changed: false });
    const { refresh_token } = await refreshAsClient(two);
    expect(tokenIn(one)).toBe(refresh_token);
  });

  test('lives where the official client had it when it was taken in', async () => {
    const { one, two } = await twoHomes();
    one.writeAuthFile(await provider.issueTokens(bob));
    const { document } = await runJson(one.home, ['label', bob.email, 'mine']);
    expect(registry(one)).toMatchObject([{ accountId: document.data.id }]);
    const second = await runJson(two.home, ['switch', 'mine']);
    expect(second.document.data).toMatchObject({ changed: true, sharedWith: one.home.codexHome });
    expect([isLink(one), isLink(two), emailIn(two)]).toEqual([false, true, bob.email]);
  });

  test('moves to the second home before the first one gets another login', async () => {
    const { one, two, homes } = await twoHomes();
    const three = homes.home('three');
    for (const each of [one, two, three]) await use(each, alice.email);
    await refreshAsClient(three);
    const newest = tokenIn(one);
    await use(one, carol.email);
    expect([one, two, three].map(emailIn)).toEqual([carol.email, alice.email, alice.email]);
    expect([one, two, three].map(isLink)).toEqual([false, false, true]);
    expect(tokenIn(two)).toBe(newest);
    expect(one.record('acc_alice').refreshToken).toBe(newest);
  });

  test('is left where it is when the home with the link goes elsewhere', async () => {
    const { one, two } = await twoHomes();
    for (const each of [one, two]) await use(each, alice.email);
    await use(two, carol.email);
    expect([one, two].map(emailIn)).toEqual([alice.email, carol.email]);
    expect([one, two].map(isLink)).toEqual([false, false]);
    await use(one, carol.email);
    await use(two, alice.email);
    expect([one, two].map(emailIn)).toEqual([carol.email, alice.email]);
  });

  test('moves to the second home also when its account has been removed here', async () => {
    const { one, two } = await twoHomes();
    for (const each of [one, two]) await use(each, alice.email);
    const held = tokenIn(two);
    expect((await runCli(one.home, ['remove', alice.email, '--yes'])).exitCode).toBe(0);
    await use(one, carol.email);
    expect([one, two].map(emailIn)).toEqual([carol.email, alice.email]);
    expect([isLink(two), tokenIn(two)]).toEqual([false, held]);
  });

  test('is brought up to date before a second home shares its file', async () => {
    const { one, two } = await twoHomes();
    await use(one, alice.email);
    const old = readFileSync(one.home.authFile);
    expect((await runCli(one.home, ['renew', alice.email, '--force'])).exitCode).toBe(0);
    writeFileSync(one.home.authFile, old);
    await use(two, alice.email);
    expect([isLink(two), tokenIn(one)]).toEqual([true, one.record('acc_alice').refreshToken]);
    writeFileSync(one.home.authFile, old);
    await use(two, alice.email);
    expect(tokenIn(two)).toBe(one.record('acc_alice').refreshToken);
  });

  test('is shared with the home that has it, also where another one holds an older login', async () => {
    const { one, two, homes } = await twoHomes();
    await use(one, carol.email);
    await use(two, alice.email);
    const older = await provider.issueTokens({ ...alice, issuedAt: provider.scenario.now() - 60_000 });
    one.writeAuthFile(older);
    const three = homes.home('three');
    await use(three, alice.email);
    expect([one, two, three].map(isLink)).toEqual([false, false, true]);
    expect([one, two, three].map(tokenIn)).toEqual([older.refresh_token, tokenIn(two), tokenIn(two)]);
  });

  test('becomes one file again where both homes had one', async () => {
    const { one, two } = await twoHomes();
    await use(one, alice.email);
    cpSync(one.home.authFile, two.home.authFile);
    const { refresh_token } = await refreshAsClient(one);
    await use(two, alice.email);
    expect([isLink(two), tokenIn(two)]).toEqual([true, refresh_token]);
  });
});

test('a link that another root has made is replaced, and the login that it leads to stays', async () => {
  const { one, homes } = await twoHomes();
  const beside = (name: string) => {
    const { codexHome } = homes.home(name).home;
    return new RefreshHome(join(homes.directory, 'beside'), provider, { codexHome });
  };
  const [shared, third] = [beside('one'), beside('three')];
  await shared.addAccount('acc_bob', bob);
  for (const each of [third, shared]) await use(each, bob.email);
  expect(isLink(one)).toBe(true);
  await use(one, carol.email);
  expect([emailIn(one), emailIn(third)]).toEqual([carol.email, bob.email]);
});

describe('signing in again', () => {
  const signInAgain = async ({ home }: RefreshHome, ...words: string[]) => {
    const driver = driveLogin(provider, alice);
    const result = await runCli(home, ['login', ...words], { onStderr: driver.onStderr });
    expect(result.exitCode, said(result)).toBe(0);
    return result;
  };
  const newestOf = (each: RefreshHome) => each.record('acc_alice').refreshToken;

  test('reaches the home that holds the login from before', async () => {
    const { one, two } = await twoHomes();
    await use(one, carol.email);
    await use(two, alice.email);
    const before = tokenIn(two);
    await signInAgain(one, '--no-activate');
    expect(tokenIn(two)).toBe(newestOf(one));
    expect(tokenIn(two)).not.toBe(before);
  });

  test('reaches the file that both homes share', async () => {
    const { one, two } = await twoHomes();
    for (const each of [two, one]) await use(each, alice.email);
    const before = tokenIn(two);
    await signInAgain(one);
    expect([isLink(one), isLink(two)]).toEqual([true, false]);
    expect([one, two].map(tokenIn)).toEqual([newestOf(one), newestOf(one)]);
    expect(tokenIn(two)).not.toBe(before);
  });

  test('reaches the home in which it is in use, also where nothing is to be switched', async () => {
    const { one } = await twoHomes();
    await use(one, alice.email);
    const before = tokenIn(one);
    const driver = driveLogin(provider, alice);
    const { document } = await runJson(one.home, ['login', '--no-activate'], { onStderr: driver.onStderr });
    expect(document.data).toMatchObject({ active: true, activation: 'not-asked' });
    expect(document.data).not.toHaveProperty('next');
    expect(tokenIn(one)).toBe(newestOf(one));
    const owner = one.record('acc_alice')['authFile'];
    expect(owner).toMatchObject({ tokens: { login_owner_id: one.authFile().tokens['login_owner_id'] } });
    expect(tokenIn(one)).not.toBe(before);
  });

  test('is stored and warns where nobody can tell which homes there are', async () => {
    const { one, two } = await twoHomes();
    await use(two, alice.email);
    writeFileSync(one.root.paths.homes, '{');
    const { stderr } = await signInAgain(one, '--no-activate');
    expect(stderr).toContain(`warning: ${one.root.paths.homes} is damaged`);
    expect(newestOf(one)).not.toBe(tokenIn(two));
    expect(one.journal()).toEqual([]);
  });

  test('reaches a home that got the login while somebody was signing in', async () => {
    const { one, two } = await twoHomes();
    await use(one, carol.email);
    const driver = driveLogin(provider, alice);
    let handedOut: Promise<string> | undefined;
    const onStderr = (text: string) => {
      if (handedOut !== undefined || !text.includes('/oauth/authorize?')) return;
      handedOut = use(two, alice.email).then(() => tokenIn(two));
      handedOut.then(() => driver.onStderr(text));
    };
    const result = await runCli(one.home, ['login', '--no-activate'], { onStderr });
    expect(result.exitCode, said(result)).toBe(0);
    expect(await handedOut).not.toBe(newestOf(one));
    expect(tokenIn(two)).toBe(newestOf(one));
  });

  test('takes the place of a login that only the client has had, which is kept', async () => {
    const { one, two } = await twoHomes();
    await use(one, carol.email);
    await use(two, alice.email);
    const { refresh_token: theirs } = await refreshAsClient(two);
    provider.scenario.clockOffsetSeconds += 5;
    await signInAgain(one, '--no-activate');
    expect(tokenIn(two)).toBe(theirs);
    await use(one, alice.email);
    expect([one, two].map(tokenIn)).toEqual([newestOf(one), newestOf(one)]);
    expect(newestOf(one)).not.toBe(theirs);
    expect(one.kept().filter((text) => text.includes(theirs))).toHaveLength(1);
  });

  test('reaches the home that goes on using an account which was removed here', async () => {
    const { one, two } = await twoHomes();
    await use(one, carol.email);
    await use(two, alice.email);
    expect((await runCli(one.home, ['remove', alice.email, '--yes'])).exitCode).toBe(0);
    const before = tokenIn(two);
    provider.scenario.clockOffsetSeconds += 5;
    await signInAgain(one, '--no-activate');
    expect(tokenIn(two)).not.toBe(before);
    expect(tokenIn(two)).toBe(one.records().at(-1)?.refreshToken);
  });

  test('reaches a home that could not be read then, as soon as it can', async () => {
    const { one, two, homes } = await twoHomes();
    await use(one, carol.email);
    await use(two, alice.email);
    const away = join(homes.directory, 'away');
    renameSync(two.home.codexHome, away);
    await signInAgain(one, '--no-activate');
    renameSync(away, two.home.codexHome);
    expect(tokenIn(two)).not.toBe(newestOf(one));
    await runCli(one.home, ['check']);
    expect(tokenIn(two)).toBe(newestOf(one));
  });
});

describe('a client that has signed in by itself', () => {
  const signInAsClient = async (each: RefreshHome, who = alice) => {
    provider.scenario.clockOffsetSeconds += 5;
    const tokens = await provider.issueTokens(who);
    each.writeAuthFile(tokens);
    return tokens.refresh_token;
  };

  test('keeps what a later run in another home makes of the login that a check has taken from it', async () => {
    const { one, two } = await twoHomes();
    const theirs = await signInAsClient(two);
    await runCli(two.home, ['check']);
    expect(one.record('acc_alice').refreshToken).toBe(theirs);
    expect((await runCli(one.home, ['renew', alice.email, '--force'])).exitCode).toBe(0);
    expect(tokenIn(two)).toBe(one.record('acc_alice').refreshToken);
    expect(provider.fateOf(tokenIn(two))).toBe('live');
  });

  test('is remembered with the login that a refresh was given to', async () => {
    const { one, two } = await twoHomes();
    two.writeAuthFile(
      await provider.issueTokens({ ...alice, refreshToken: String(one.record('acc_alice').refreshToken) }),
    );
    for (const each of [two, one]) await runCli(each.home, ['renew', alice.email, '--force']);
    expect(tokenIn(two)).toBe(one.record('acc_alice').refreshToken);
  });

  test('is given the newest of its login, of which another home has had a copy', async () => {
    const { one, two } = await twoHomes();
    const theirs = await signInAsClient(one);
    cpSync(one.home.authFile, two.home.authFile);
    provider.scenario.clockOffsetSeconds += 5;
    const { refresh_token } = await refreshAsClient(two);
    await use(two, carol.email);
    expect([one.record('acc_alice').refreshToken, tokenIn(one)]).toEqual([refresh_token, theirs]);
    await runCli(one.home, ['check']);
    expect(tokenIn(one)).toBe(refresh_token);
  });

  test('takes its login along when its home goes away, whatever was in use there before', async () => {
    const { one, two } = await twoHomes();
    await use(two, carol.email);
    await signInAsClient(two);
    await runCli(one.home, ['check']);
    renameSync(two.home.codexHome, `${two.home.codexHome}-away`);
    const refused = await runCli(one.home, ['renew', alice.email, '--force']);
    expect([refused.exitCode, said(refused)]).toEqual([1, expect.stringContaining('which cannot be read now')]);
  });

  test('shares its file with a home that holds the login from before', async () => {
    const { one, two } = await twoHomes();
    await use(one, alice.email);
    await use(two, carol.email);
    const theirs = await signInAsClient(two);
    await runCli(one.home, ['check']);
    expect([one, two].map(isLink)).toEqual([true, false]);
    expect([one, two].map(tokenIn)).toEqual([theirs, theirs]);
  });
});

describe('an import of a newer login', () => {
  /** Imports a newer login of Alice, while the second home holds the older one. */
  async function importedBesideHome() {
    const { one, two } = await twoHomes();
    await use(two, alice.email);
    const before = tokenIn(two);
    provider.scenario.clockOffsetSeconds += 5;
    const file = writeFlatFile(one.home, 'from-elsewhere.json', await provider.issueTokens(alice));
    expect((await runCli(one.home, ['import', file, '--yes'])).exitCode).toBe(0);
    return { one, two, before };
  }

  test('reaches a home only when the provider has shown that it lives', async () => {
    const { one, two, before } = await importedBesideHome();
    expect(one.record('acc_alice').refreshToken).not.toBe(before);
    expect((await runCli(one.home, ['check'])).exitCode).toBe(0);
    expect(tokenIn(two)).toBe(before);
    expect((await runCli(one.home, ['renew', alice.email, '--force'])).exitCode).toBe(0);
    expect(tokenIn(two)).toBe(one.record('acc_alice').refreshToken);
  });

  test('makes a login that may live go to kept when a switch shares its file', async () => {
    const { one, two, before } = await importedBesideHome();
    await use(one, alice.email);
    expect(tokenIn(two)).toBe(one.record('acc_alice').refreshToken);
    expect(one.kept().filter((text) => text.includes(before))).toHaveLength(1);
  });
});

describe('doctor', () => {
  test('makes one file of two with the same login, the newest tokens in it', async () => {
    const { one, two } = await twoHomes();
    await use(one, alice.email);
    await use(two, carol.email);
    cpSync(one.home.authFile, two.home.authFile);
    const { refresh_token } = await refreshAsClient(two);
    const { document } = await runJson(one.home, ['doctor', '--offline', '--fix']);
    expect(document.data.plan).toEqual([]);
    expect([one, two].map(isLink)).toEqual([false, true]);
    expect(tokenIn(one)).toBe(refresh_token);
  });

  test('makes one file of two also where it has not known its own home', async () => {
    const { one, two } = await twoHomes();
    await use(one, alice.email);
    provider.scenario.clockOffsetSeconds += 5;
    two.writeAuthFile(await provider.issueTokens(alice));
    expect((await runCli(one.home, ['import', two.home.authFile, '--yes'])).exitCode).toBe(0);
    const { document } = await runJson(two.home, ['doctor', '--offline', '--fix']);
    expect(document.data.plan).toEqual([]);
    expect([one, two].map(isLink)).toEqual([true, false]);
  });

  test('gives a home with an older login a link to the home that has the newest', async () => {
    const { one, two } = await twoHomes();
    two.writeAuthFile(await provider.issueTokens(alice));
    const theirs = tokenIn(two);
    await use(one, alice.email);
    provider.scenario.clockOffsetSeconds += 5;
    const { refresh_token } = await refreshAsClient(one);
    const { document } = await runJson(two.home, ['doctor', '--offline', '--fix']);
    expect(document.data.plan).toEqual([]);
    expect([one, two].map(isLink)).toEqual([false, true]);
    expect(tokenIn(two)).toBe(refresh_token);
    expect(one.kept().filter((text) => text.includes(theirs))).toHaveLength(1);
  });

  test('brings back a list of homes that is damaged', async () => {
    const { one, two } = await twoHomes();
    await use(two, alice.email);
    writeFileSync(one.root.paths.homes, '{');
    const refused = await runJson(one.home, ['switch', carol.email]);
    expect([refused.exitCode, refused.document.error.code]).toEqual([6, 'storage-corrupt']);
    expect((await runCli(one.home, ['list'])).exitCode).toBe(0);
    await runCli(one.home, ['doctor', '--offline', '--fix']);
    expect(one.kept()).toContain('{');
    await use(one, carol.email);
  });
});

describe('a home that this run is not about', () => {
  test('has the newest copy of its login, and nothing is sent for it', async () => {
    const { one, two } = await twoHomes(300);
    await use(two, alice.email);
    const before = provider.requests.refreshes().length;
    const { refresh_token } = await refreshAsClient(two);
    const result = await runCli(one.home, ['check']);
    expect(result.exitCode, said(result)).toBe(0);
    expect(one.record('acc_alice').refreshToken).toBe(refresh_token);
    expect(provider.requests.refreshes().slice(before)).toHaveLength(1);
    await use(one, alice.email);
    expect(provider.fateOf(refresh_token)).toBe('live');
    expect(tokenIn(one)).toBe(refresh_token);
  });

  test('gets what a refresh elsewhere has brought', async () => {
    const { one, two } = await twoHomes();
    await use(two, alice.email);
    const before = tokenIn(two);
    expect((await runCli(one.home, ['renew', alice.email, '--force'])).exitCode).toBe(0);
    expect(tokenIn(two)).toBe(one.record('acc_alice').refreshToken);
    expect(tokenIn(two)).not.toBe(before);
  });

  test('has what an older copy elsewhere is brought up to', async () => {
    const { one, two } = await twoHomes();
    await use(two, carol.email);
    await use(one, alice.email);
    cpSync(one.home.authFile, two.home.authFile);
    const copy = readFileSync(two.home.authFile);
    provider.scenario.clockOffsetSeconds += 5;
    expect((await runCli(one.home, ['renew', alice.email, '--force'])).exitCode).toBe(0);
    provider.scenario.clockOffsetSeconds += 5;
    const { refresh_token } = await refreshAsClient(one);
    rmSync(two.home.authFile);
    writeFileSync(two.home.authFile, copy);
    expect((await runCli(one.home, ['renew', carol.email, '--force'])).exitCode).toBe(0);
    expect([one, two].map(tokenIn)).toEqual([refresh_token, refresh_token]);
    expect([one, two].map(isLink)).toEqual([false, true]);
  });

  test.runIf(canFakeClients)('keeps its login to itself while its client is about to refresh it', async () => {
    const { one, two } = await twoHomes();
    await use(two, alice.email);
    const issuedAt = provider.scenario.now() + 2_000;
    const soon = await provider.issueTokens({ ...alice, expiresInSeconds: 200, issuedAt });
    const { refresh_token } = soon;
    two.writeAuthFile(soon);
    await startFakeClient(two.home.codexHome, ['exec']);
    const { document } = await runJson(one.home, ['check', alice.email]);
    expect(document.data.accounts[0]).toMatchObject({ email: alice.email });
    expect(provider.fateOf(refresh_token)).toBe('live');
    expect(one.record('acc_alice').refreshToken).toBe(refresh_token);
  });
});

describe('a home that cannot be read now', () => {
  test('keeps its login, unless it is taken on purpose', async () => {
    const { one, two } = await twoHomes();
    await use(two, alice.email);
    renameSync(two.home.codexHome, `${two.home.codexHome}-away`);
    const refused = await runJson(one.home, ['switch', alice.email]);
    expect([refused.exitCode, refused.document.error.code]).toEqual([1, 'not-allowed']);
    expect(refused.document.error.hint).toContain('--take');
    await use(one, alice.email, '--take');
    expect(emailIn(one)).toBe(alice.email);
    await use(one, carol.email);
    await use(one, alice.email);
  });

  test('could not be given the next token, so that none is spent', async () => {
    const { one, two } = await twoHomes(300);
    await use(two, alice.email);
    const asked = provider.requests.refreshes().length;
    renameSync(two.home.codexHome, `${two.home.codexHome}-away`);
    const result = await runCli(one.home, ['renew', alice.email, '--force']);
    expect([result.exitCode, said(result)]).toEqual([1, expect.stringContaining('which cannot be read now')]);
    expect(said(result)).toContain('--forget-home');
    expect(provider.requests.refreshes()).toHaveLength(asked);
  });

  test('is named by doctor, and forgotten when it is gone for good', async () => {
    const { one, two } = await twoHomes();
    await use(two, alice.email);
    rmSync(two.home.codexHome, { recursive: true });
    const row = async (...words: string[]) => {
      const { document } = await runJson(one.home, ['doctor', '--offline', ...words]);
      return document.data.checks.find(({ id }: { id: string }) => id === 'homes');
    };
    const { status, commands } = await row();
    expect([status, commands]).toEqual(['warn', [expect.stringContaining('--forget-home home_')]]);
    const [, id] = /--forget-home (\S+)/.exec(commands[0]) ?? [];
    expect(await row('--forget-home', String(id))).toMatchObject({ status: 'ok' });
    await use(one, alice.email);
    expect((await runCli(one.home, ['doctor', '--forget-home', String(id)])).exitCode).toBe(2);
  });

  test('is the same home under another path', async () => {
    const { one, two, homes } = await twoHomes();
    await use(two, alice.email);
    renameSync(two.home.codexHome, join(homes.directory, 'renamed'));
    const renamed = homes.home('renamed');
    await use(renamed, carol.email);
    await use(one, alice.email);
    expect(registry(one)).toHaveLength(2);
  });

  test('is another home where it was copied with its name', async () => {
    const { two, homes } = await twoHomes();
    await use(two, alice.email);
    cpSync(two.home.codexHome, join(homes.directory, 'copy'), { recursive: true });
    const copy = homes.home('copy');
    await use(copy, carol.email);
    expect([two, copy].map(emailIn)).toEqual([alice.email, carol.email]);
    expect(new Set(registry(two).map(({ id }: { id: string }) => id)).size).toBe(2);
  });
});
