import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Launch } from '../../src/cli/program/machine.js';
import { type CliOptions, runCli, runJson } from '../support/cli.js';
import { refreshAsClient } from '../support/client-refresh.js';
import { canFakeClients, startFakeClient } from '../support/fake-clients.js';
import { setAside } from '../support/flagged-records.js';
import { alice, bob, carol, RefreshHome } from '../support/refresh-home.js';
import { said, setUsage } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let own: RefreshHome;
let launched: Launch[];
beforeEach(async () => {
  launched = [];
  const directory = temporaryDirectory();
  const codexHome = join(directory, 'own');
  mkdirSync(codexHome);
  own = new RefreshHome(directory, provider, { codexHome });
  await own.addAccount('acc_alice', alice);
  await own.addAccount('acc_carol', carol);
});

const launch = async (program: Launch) => {
  launched.push(program);
  return 7;
};
const command = (words: readonly string[], options: CliOptions = {}) => runCli(own.home, words, { launch, ...options });
const run = (who: string, ...words: string[]) => command(['run', who, '--', ...words]);
const homeOf = (id: string) => join(own.home.root, 'homes', id);
const privately = (id: string) => new RefreshHome(own.home.directory, provider, { codexHome: homeOf(id) });
const tokenIn = (each: RefreshHome) => each.authFile().tokens.refresh_token;
const isLink = ({ home }: RefreshHome) => lstatSync(home.authFile).isSymbolicLink();

test('inside of it, what is shown is that home, and says so', async () => {
  own.writeAuthFile(await provider.issueTokens(carol));
  await run(alice.email, 'true');
  const inside = { variables: { CODEX_HOME: homeOf('acc_alice') } };
  const listed = await command(['list'], inside);
  expect(listed.stdout).toMatch(/^In a home that run has made: who is in use here is in use here only\n/);
  expect(listed.stdout).toMatch(/^● .*alice@example\.com/m);
  expect((await command(['list'])).stdout).not.toContain('run has made');
  const { stdout } = await command(['status'], inside);
  expect(stdout).toContain(`made by run; shares all but the login with ${own.home.codexHome}`);
  const { document } = await runJson(own.home, ['status'], inside);
  expect(document.data).toMatchObject({ account: { id: 'acc_alice' }, scope: { sharesHome: own.home.codexHome } });
});

describe('run', () => {
  test('starts the command with the home of the account, and ends as it does', async () => {
    const result = await run(alice.email, 'sh', '-c', 'true');
    expect([result.exitCode, said(result)]).toEqual([7, '']);
    const [{ path, name, arguments: words, variables } = raise()] = launched;
    expect([path.endsWith('/sh'), name, words]).toEqual([true, 'sh', ['-c', 'true']]);
    expect(variables).toMatchObject({
      CODEX_HOME: homeOf('acc_alice'),
      CODEX_MULTI_AUTH_DIR: own.home.root,
      CODEX_AUTH_ACCOUNT: alice.email,
      PATH: own.home.variables['PATH'],
    });
    expect(tokenIn(privately('acc_alice'))).toBe(own.record('acc_alice').refreshToken);
  });

  test('leaves the account in use, and the choice of the pool, as they are', async () => {
    await command(['switch', carol.email]);
    const before = readFileSync(own.home.authFile, 'utf8');
    await run(alice.email, 'true');
    expect(readFileSync(own.home.authFile, 'utf8')).toBe(before);
    expect((await runJson(own.home, ['list'])).document.data).toMatchObject({ activeId: 'acc_carol' });
  });

  test('shares everything but the login with the home of the person, and follows what changes there', async () => {
    writeFileSync(join(own.home.codexHome, 'notes'), '');
    await run(alice.email, 'true');
    const leadsTo = (name: string) => readlinkSync(join(homeOf('acc_alice'), name));
    for (const name of ['notes', 'sessions', 'thread-writer-locks', 'config.toml', 'state_5.sqlite'])
      expect(leadsTo(name)).toBe(join(own.home.codexHome, name));
    writeFileSync(join(own.home.codexHome, 'work.config.toml'), '');
    rmSync(join(own.home.codexHome, 'notes'));
    await run(alice.email, 'true');
    expect(leadsTo('work.config.toml')).toBe(join(own.home.codexHome, 'work.config.toml'));
    expect(lstatSync(join(homeOf('acc_alice'), 'notes'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('shares the login of the account in use, which the private home never gets a second time', async () => {
    await command(['switch', alice.email]);
    await run(alice.email, 'true');
    expect(readlinkSync(privately('acc_alice').home.authFile)).toBe(own.home.authFile);
    const { refresh_token } = await refreshAsClient(privately('acc_alice'));
    expect(tokenIn(own)).toBe(refresh_token);
    await command(['switch', carol.email]);
    expect([isLink(privately('acc_alice')), tokenIn(privately('acc_alice'))]).toEqual([false, refresh_token]);
  });

  test('shares a login that the official client has got by itself, which nobody has stored before', async () => {
    own.writeAuthFile(await provider.issueTokens(alice));
    await run(alice.email, 'true');
    expect(isLink(privately('acc_alice'))).toBe(true);
  });

  test('gives the login to the home of the person when that switches to it and nothing runs', async () => {
    await run(alice.email, 'true');
    const { refresh_token } = await refreshAsClient(privately('acc_alice'));
    await command(['switch', alice.email]);
    expect([isLink(own), tokenIn(own)]).toEqual([false, refresh_token]);
    expect(readlinkSync(privately('acc_alice').home.authFile)).toBe(own.home.authFile);
  });

  test.runIf(canFakeClients)('keeps the login while a client runs, and the home of the person shares it', async () => {
    await run(alice.email, 'true');
    await startFakeClient(homeOf('acc_alice'), ['exec']);
    await command(['switch', alice.email]);
    expect([isLink(own), isLink(privately('acc_alice'))]).toEqual([true, false]);
    expect(tokenIn(own)).toBe(own.record('acc_alice').refreshToken);
  });

  test('leaves at least a quarter of an hour on the token', async () => {
    await own.addAccount('acc_short', { ...bob, expiresInSeconds: 300 });
    await run('acc_short', 'true');
    expect(provider.requests.refreshes()).toHaveLength(1);
    expect(tokenIn(privately('acc_short'))).toBe(own.record('acc_short').refreshToken);
    await run('acc_short', 'true');
    expect(provider.requests.refreshes()).toHaveLength(1);
  });

  test('asks for nothing and writes nothing where the home is ready', async () => {
    await run(alice.email, 'true');
    const pool = readFileSync(own.home.poolFile, 'utf8');
    await run(alice.email, 'true');
    expect(readFileSync(own.home.poolFile, 'utf8')).toBe(pool);
    expect(launched).toHaveLength(2);
  });

  test('chooses an account itself, and says which', async () => {
    setUsage(provider, alice, 0, 100);
    const result = await command(['run', '--best', '--', 'true']);
    expect([result.exitCode, launched[0]?.announcement]).toEqual([7, `running as ${carol.email}`]);
    expect(launched[0]?.variables['CODEX_AUTH_ACCOUNT']).toBe(carol.email);
  });

  test('only shows with --dry-run what it would do', async () => {
    const json = await command(['run', alice.email, '--dry-run', '--json', '--', 'true']);
    expect(JSON.parse(json.stdout).data).toMatchObject({ account: { id: 'acc_alice' }, home: homeOf('acc_alice') });
    expect(existsSync(homeOf('acc_alice'))).toBe(false);
    expect((await command(['run', alice.email, '--dry-run', '--', 'true'])).stdout).toContain('Would run as');
    expect(launched).toEqual([]);
  });

  test('makes a home anew that somebody has removed', async () => {
    await run(alice.email, 'true');
    rmSync(join(own.home.root, 'homes'), { recursive: true });
    await run(alice.email, 'true');
    expect(tokenIn(privately('acc_alice'))).toBe(own.record('acc_alice').refreshToken);
    rmSync(join(own.home.root, 'homes'), { recursive: true });
    await command(['switch', alice.email]);
    expect([isLink(own), tokenIn(own)]).toEqual([false, own.record('acc_alice').refreshToken]);
  });

  test('begins from the home of the person also when it is called in a run', async () => {
    await run(alice.email, 'true');
    const variables = launched[0]?.variables ?? {};
    await command(['run', carol.email, '--', 'true'], { variables });
    expect(readlinkSync(join(homeOf('acc_carol'), 'sessions'))).toBe(join(own.home.codexHome, 'sessions'));
    expect(launched[1]?.variables).toMatchObject({ CODEX_HOME: homeOf('acc_carol'), CODEX_AUTH_ACCOUNT: carol.email });
  });

  test('switches inside a run for that home only', async () => {
    await command(['switch', carol.email]);
    await run(alice.email, 'true');
    const variables = launched[0]?.variables ?? {};
    await command(['switch', carol.email], { variables });
    expect(readlinkSync(privately('acc_alice').home.authFile)).toBe(own.home.authFile);
    expect((await runJson(own.home, ['list'])).document.data).toMatchObject({ activeId: 'acc_carol' });
  });
});

function raise(): never {
  throw new Error('nothing was started');
}

interface Refused {
  readonly words: readonly string[];
  readonly exitCode: number;
  readonly says: RegExp;
}

describe('run refuses', () => {
  const codexIn = (name: string) => join(own.home.directory, name);
  afterEach(() => expect(launched).toEqual([]));

  it.each<Refused>([
    { words: ['nobody@example.com', '--', 'true'], exitCode: 3, says: /no account/ },
    { words: ['--', 'true'], exitCode: 2, says: /as which account/ },
    { words: ['--best', 'acc_alice', '--', 'true'], exitCode: 2, says: /exclude each other/ },
    {
      words: ['acc_alice', 'codex', 'exec'],
      exitCode: 2,
      says: /put -- between[\s\S]*codex-auth run acc_alice -- codex exec/,
    },
    { words: ['acc_alice', '--', 'no-such-program'], exitCode: 127, says: /no no-such-program on PATH/ },
    { words: ['acc_alice', '--', './not-there'], exitCode: 127, says: /there is no \.\/not-there/ },
    { words: ['acc_alice', '--', 'codex', 'logout'], exitCode: 1, says: /ends the login/ },
    { words: ['acc_alice', '--', 'codex', 'login'], exitCode: 1, says: /ends the login[\s\S]*codex-auth login/ },
    { words: ['acc_alice', '--', 'codex', '-c', 'a=b', 'auth', 'logout'], exitCode: 1, says: /ends the login/ },
    { words: ['acc_alice', '--', ''], exitCode: 127, says: /the command after -- has no name/ },
  ])('$words with $exitCode', async ({ words, exitCode, says }) => {
    const result = await command(['run', ...words]);
    expect([result.exitCode, said(result)]).toEqual([exitCode, expect.stringMatching(says)]);
    expect(existsSync(homeOf('acc_alice'))).toBe(false);
  });

  test('a file that cannot be executed, and a directory, with 126', async () => {
    writeFileSync(codexIn('plain'), 'text');
    for (const [path, hint] of [
      [codexIn('plain'), 'chmod'],
      [own.home.directory, 'not a directory'],
    ] as const) {
      const result = await run('acc_alice', path);
      expect([result.exitCode, said(result)]).toEqual([126, expect.stringContaining(hint)]);
    }
  });

  test('an account that is disabled', async () => {
    await command(['disable', alice.email]);
    const result = await run(alice.email, 'true');
    expect([result.exitCode, said(result)]).toEqual([2, expect.stringContaining('codex-auth enable acc_alice')]);
  });

  test('an account that is set aside and whose access token has ended', async () => {
    await own.addAccount('acc_bob', { ...bob, expiresInSeconds: -10 });
    setAside(own, ['acc_bob']);
    const result = await run('acc_bob', 'true');
    expect([result.exitCode, said(result)]).toEqual([4, expect.stringContaining('set aside')]);
  });

  test('a home of the person in which nothing can be made', async () => {
    rmSync(own.home.codexHome, { recursive: true });
    writeFileSync(own.home.codexHome, '');
    const result = await run(alice.email, 'true');
    expect([result.exitCode, said(result)]).toEqual([expect.any(Number), expect.stringContaining(own.home.codexHome)]);
  });

  test('Windows', async () => {
    const result = await command(['run', alice.email, '--', 'true'], { platform: 'win32' });
    expect([result.exitCode, said(result)]).toEqual([1, expect.stringContaining('WSL')]);
  });

  test.runIf(canFakeClients)('to change below a client the home that it shares', async () => {
    launched = [];
    await run(alice.email, 'true');
    launched = [];
    await startFakeClient(homeOf('acc_alice'), ['exec']);
    const other = join(own.home.directory, 'other');
    mkdirSync(other);
    const result = await command(['run', alice.email, '--', 'true'], { variables: { CODEX_HOME: other } });
    expect([result.exitCode, said(result)]).toEqual([1, expect.stringContaining(`CODEX_HOME=${own.home.codexHome}`)]);
  });
});

test('a login without a refresh token runs until it ends, and that is said', async () => {
  await own.addAccount('acc_bob', { ...bob, expiresInSeconds: 600 }, { refreshToken: undefined });
  const result = await run('acc_bob', 'true');
  expect([result.exitCode, said(result)]).toEqual([7, expect.stringMatching(/cannot be renewed here and runs until/)]);
});

test('a login without a refresh token whose access token has ended is refused, and no home has it', async () => {
  await own.addAccount('acc_bob', { ...bob, expiresInSeconds: -600 }, { refreshToken: undefined });
  const result = await run('acc_bob', 'true');
  expect([result.exitCode, said(result)]).toEqual([4, expect.stringMatching(/codex-auth login/)]);
  expect(launched).toEqual([]);
});

test('an account that is set aside runs as long as its access token lives, and that is said', async () => {
  await own.addAccount('acc_bob', { ...bob, expiresInSeconds: 6_000 });
  setAside(own, ['acc_bob']);
  const result = await run('acc_bob', 'true');
  expect([result.exitCode, said(result)]).toEqual([7, expect.stringMatching(/set aside and usable until/)]);
  expect(provider.requests.refreshes()).toEqual([]);
});

describe('where the client keeps its login in the keyring', () => {
  beforeEach(() => writeFileSync(join(own.home.codexHome, 'config.toml'), 'cli_auth_credentials_store = "ephemeral"'));

  test('the client itself is told to use the file of the private home', async () => {
    const codex = join(own.home.cwd, 'codex');
    writeFileSync(codex, '#!/bin/sh\n');
    chmodSync(codex, 0o755);
    await run(alice.email, codex, 'exec', 'hi');
    expect(launched[0]?.arguments).toEqual(['-c', 'cli_auth_credentials_store="file"', 'exec', 'hi']);
    expect(tokenIn(privately('acc_alice'))).toBe(own.record('acc_alice').refreshToken);
  });

  test('nothing else is run, which would start one that looks elsewhere', async () => {
    const result = await run(alice.email, 'sh');
    expect([result.exitCode, said(result)]).toEqual([
      1,
      expect.stringContaining('cli_auth_credentials_store = "file"'),
    ]);
  });
});

describe('a private home goes', () => {
  let newest: string;
  beforeEach(async () => {
    await run(alice.email, 'true');
    newest = (await refreshAsClient(privately('acc_alice'))).refresh_token;
  });

  test('with its account, whose kept copy has the newest login', async () => {
    const result = await command(['remove', alice.email, '--yes']);
    expect(result.exitCode, said(result)).toBe(0);
    expect(own.kept().join()).toContain(newest);
    expect(existsSync(join(own.home.root, 'homes'))).toBe(false);
    expect(readFileSync(own.root.paths.homes, 'utf8')).not.toContain('private');
    expect(existsSync(join(own.home.codexHome, 'sessions'))).toBe(true);
  });

  test('keeps a login that the client has made in it, and that is older than ours', async () => {
    await run(alice.email, 'true');
    const older = await provider.issueTokens({ ...alice, issuedAt: provider.scenario.now() - 60_000 });
    privately('acc_alice').writeAuthFile(older);
    expect((await command(['remove', alice.email, '--yes'])).exitCode).toBe(0);
    expect(own.kept().join()).toContain(older.refresh_token);
  });

  test('with the program, and the accounts stay', async () => {
    expect((await command(['uninstall', '--dry-run'])).stdout).toContain(homeOf('acc_alice'));
    const result = await command(['uninstall', '--yes']);
    expect(result.exitCode, said(result)).toBe(0);
    expect(existsSync(homeOf('acc_alice'))).toBe(false);
    expect(own.record('acc_alice').refreshToken).toBe(newest);
  });

  test.runIf(canFakeClients)('never below a client that runs in it', async () => {
    const { pid } = await startFakeClient(homeOf('acc_alice'), ['exec']);
    for (const words of [
      ['remove', alice.email, '--yes'],
      ['uninstall', '--yes'],
    ]) {
      const result = await command(words);
      expect([result.exitCode, said(result)]).toEqual([1, expect.stringContaining(`pid ${pid}`)]);
    }
    expect(tokenIn(privately('acc_alice'))).toBe(newest);
  });

  test.runIf(canFakeClients)('after whoever shares its login has got that', async () => {
    const client = await startFakeClient(homeOf('acc_alice'), ['exec']);
    await command(['switch', alice.email]);
    expect(isLink(own)).toBe(true);
    await client.stop();
    expect((await command(['remove', alice.email, '--yes'])).exitCode).toBe(0);
    expect([isLink(own), tokenIn(own)]).toEqual([false, newest]);
  });

  test('not unseen: doctor lists it', async () => {
    const { document } = await runJson(own.home, ['doctor', '--offline']);
    const row = document.data.checks.find(({ id }: { id: string }) => id === 'homes');
    expect(row.message).toContain(`${homeOf('acc_alice')} (for run): ${alice.email}`);
  });
});
