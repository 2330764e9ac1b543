import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asNobody } from '../support/as-nobody.js';
import { runBuilt, runBuiltJson } from '../support/built.js';
import { driveLogin } from '../support/drive-login.js';
import { setAside } from '../support/flagged-records.js';
import { canHaveMounts, mountedFile, readOnlyAround, readOnlyDirectory, withMounts } from '../support/mounts.js';
import type { ProgramOptions } from '../support/program-process.js';
import { canMakeReadOnly, closeDirectory, makeReadOnly } from '../support/read-only.js';
import { alice, bob, carol, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { writeFlatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

/** Alice, whose login the home of the official client holds, and Bob. Their pool is elsewhere, where it can be written. */
async function homeOf(expiresInSeconds: number): Promise<RefreshHome> {
  const directory = temporaryDirectory();
  const codexHome = join(directory, 'codex-home');
  mkdirSync(codexHome, { mode: 0o700 });
  const home = new RefreshHome(directory, provider, { codexHome });
  // An hour ago: the server's clock counts whole seconds, and every later token has to be newer.
  const issuedAt = Date.now() - 3_600_000;
  home.writeAuthFile(await home.addAccount('acc_alice', { ...alice, issuedAt, expiresInSeconds }));
  await home.addAccount('acc_bob', { ...bob, issuedAt });
  return home;
}

/** A place for a login: its name, whether it can be tried on this machine, and what makes a program see it. */
interface Place {
  readonly name: string;
  readonly runs: boolean;
  readonly prepare: (home: RefreshHome) => ProgramOptions;
}

const inMount = (prefix: (home: RefreshHome) => readonly string[]) => (home: RefreshHome) => ({ prefix: prefix(home) });

/** A home in which this user may make no file; the login file in it has this mode. */
function inForeignDirectory({ home }: RefreshHome, fileMode: number): ProgramOptions {
  const options = asNobody(home);
  if (process.getuid?.() === 0) chownSync(home.codexHome, 0, 0);
  chmodSync(home.codexHome, process.getuid?.() === 0 ? 0o755 : 0o500);
  onTestFinished(() => chmodSync(home.codexHome, 0o700));
  if (fileMode === 0o444 && process.getuid?.() === 0) chownSync(home.authFile, 0, 0);
  chmodSync(home.authFile, fileMode);
  return options;
}

function immutable(close: (path: string) => () => void, path: string): ProgramOptions {
  onTestFinished(close(path));
  return {};
}

const inPlace: readonly Place[] = [
  {
    name: 'a single file that is mounted',
    runs: canHaveMounts,
    prepare: inMount(({ home }) => mountedFile(home.authFile)),
  },
  {
    name: 'a mounted file where nothing lists the mounts',
    runs: canHaveMounts,
    prepare: inMount(({ home }) => withMounts('mount --bind "$1" "$1"; mount -t tmpfs tmpfs /proc', home.authFile)),
  },
  {
    name: 'a writable file in a read-only home',
    runs: canHaveMounts,
    prepare: inMount(({ home }) => readOnlyAround(home.codexHome, home.authFile)),
  },
  {
    name: 'a file of two names',
    runs: true,
    prepare({ home }) {
      linkSync(home.authFile, join(home.directory, 'other-name.json'));
      return {};
    },
  },
  {
    name: 'a directory of another user',
    runs: process.platform !== 'win32',
    prepare: (home) => inForeignDirectory(home, 0o600),
  },
  {
    name: 'an immutable directory',
    runs: canMakeReadOnly && process.getuid?.() === 0,
    prepare: ({ home }) => immutable(closeDirectory, home.codexHome),
  },
];

const closed: readonly Place[] = [
  {
    name: 'a read-only home',
    runs: canHaveMounts,
    prepare: inMount(({ home }) => readOnlyDirectory(home.codexHome)),
  },
  {
    name: 'directory and file of another user',
    runs: process.platform !== 'win32',
    prepare: (home) => inForeignDirectory(home, 0o444),
  },
  {
    name: 'an immutable file',
    runs: canMakeReadOnly && process.getuid?.() === 0,
    prepare: ({ home }) => immutable(makeReadOnly, home.authFile),
  },
];

/** A lock of the client that neither it nor we can take: of another user, or left behind by another tool. */
const lockedOut: readonly Place[] = ['auth.lock', 'auth.json.lock'].flatMap((name) => [
  {
    name: `${name} of another user`,
    runs: process.getuid?.() === 0,
    prepare({ home }: RefreshHome) {
      const options = asNobody(home);
      writeFileSync(join(home.codexHome, name), '', { mode: 0o600 });
      return options;
    },
  },
  {
    name: `a directory ${name}`,
    runs: true,
    prepare({ home }: RefreshHome) {
      mkdirSync(join(home.codexHome, name));
      return {};
    },
  },
]);

const sent = () => provider.requests.refreshes().length;
const tokenIn = (home: RefreshHome) => home.authFile().tokens.refresh_token;
const run = (home: RefreshHome, command: string, options: ProgramOptions) =>
  runBuilt(home.home, command.split(' '), options);

const canLock = spawnSync('flock', ['--version']).status === 0;

const soon = 300;
const over = -60;

/** A second home of the official client, with the same accounts. */
function anotherHome({ home }: RefreshHome): Record<string, string> {
  const directory = join(home.directory, 'second-home');
  mkdirSync(directory, { mode: 0o700 });
  return { CODEX_HOME: directory };
}

/** Both have run: Alice with a link to the file of the home, Bob with a file of his own. */
async function homeWithRuns(): Promise<RefreshHome> {
  const home = await homeOf(86_400);
  for (const who of ['1', '2']) expect(await run(home, `run ${who} -- true`, {})).toMatchObject({ exitCode: 0 });
  return home;
}

/** Whose login stands in each home as a file of its own. */
function loginFiles(of: RefreshHome): Record<string, string | undefined> {
  const { home, root } = of;
  const { privateHomes } = root.paths;
  const homes = [home.codexHome, join(home.directory, 'second-home')];
  const places = [...homes, ...readdirSync(privateHomes).map((name) => join(privateHomes, name))];
  const isOwn = (place: string) =>
    lstatSync(join(place, 'auth.json'), { throwIfNoEntry: false })?.isSymbolicLink() === false;
  return Object.fromEntries(places.filter(isOwn).map((place) => [basename(place), holderIn(place)]));

  function holderIn(place: string): string | undefined {
    const { refresh_token: token } = JSON.parse(readFileSync(join(place, 'auth.json'), 'utf8')).tokens;
    return of.records().find(({ refreshToken }) => refreshToken === token)?.recordId;
  }
}

const placeRow = async (home: RefreshHome, options: ProgramOptions) => {
  const { document } = await runBuiltJson(home.home, ['doctor', '--offline'], options);
  return document.data.checks.find(({ id }: { id: string }) => id === 'login-place');
};

/** Commands each of which refreshes what is due. */
const spenders = ['check', 'guard --once', 'usage --live', 'renew', 'renew --force 1', 'fix'];

function eachPlace(places: readonly Place[], test: (place: Place) => void): void {
  for (const place of places) {
    if (place.runs) test(place);
    else it.skip(`${place.name} (not possible here)`, () => undefined);
  }
}

describe('where a login can be written and not replaced,', () => {
  eachPlace(inPlace, (place) => {
    it(`it is refreshed: ${place.name}`, async () => {
      const home = await homeOf(soon);
      const before = readFileSync(home.home.authFile, 'utf8');
      const { ino } = statSync(home.home.authFile);
      const { exitCode, stderr } = await run(home, 'check', place.prepare(home));
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('auth.json') });
      expect([sent(), tokenIn(home)]).toEqual([1, home.record('acc_alice').refreshToken]);
      expect(provider.fateOf(tokenIn(home))).toBe('live');
      expect([statSync(home.home.authFile).ino, home.kept()]).toEqual([ino, [before]]);
      expect(existsSync(home.root.paths.loginWrite)).toBe(false);
    });

    it(`another takes its place: ${place.name}`, async () => {
      const home = await homeOf(86_400);
      const { ino } = statSync(home.home.authFile);
      const options = place.prepare(home);
      expect(await run(home, 'switch 2', options)).toMatchObject({ exitCode: 0 });
      expect([tokenIn(home), statSync(home.home.authFile).ino]).toEqual([home.record('acc_bob').refreshToken, ino]);
      expect(await run(home, 'switch 1', options)).toMatchObject({ exitCode: 0 });
      expect(tokenIn(home)).toBe(home.record('acc_alice').refreshToken);
      expect(statSync(home.home.authFile).mode & 0o777).toBe(0o600);
    });
  });

  eachPlace([...inPlace, ...closed], (place) => {
    const isClosed = closed.includes(place);

    it(`each login keeps to one file when one comes from the home of its runs: ${place.name}`, async () => {
      const home = await homeWithRuns();
      const { exitCode } = await run(home, 'switch 2', place.prepare(home));
      expect(exitCode).toBe(isClosed ? 6 : 0);
      expect(loginFiles(home)).toEqual(
        isClosed
          ? { 'codex-home': 'acc_alice', acc_bob: 'acc_bob' }
          : { 'codex-home': 'acc_bob', acc_alice: 'acc_alice' },
      );
    });

    it(`each login keeps to one file when one is in use in another home: ${place.name}`, async () => {
      const home = await homeWithRuns();
      const { CODEX_HOME = '' } = anotherHome(home);
      expect(await run(home, 'switch 2', { variables: { CODEX_HOME } })).toMatchObject({ exitCode: 0 });
      const { exitCode, stderr } = await run(home, 'switch 2', place.prepare(home));
      const becomesLink = place.name === 'a file of two names';
      expect([exitCode, stderr]).toEqual(
        becomesLink ? [0, expect.anything()] : [6, expect.stringContaining('auth.json')],
      );
      expect(loginFiles(home)).toEqual(
        becomesLink
          ? { acc_alice: 'acc_alice', 'second-home': 'acc_bob' }
          : { 'codex-home': 'acc_alice', 'second-home': 'acc_bob' },
      );
    });
  });

  it.runIf(canHaveMounts)('a home that takes no name from us is found again from another one', async () => {
    const home = await homeOf(soon);
    const prefix = readOnlyAround(home.home.codexHome, home.home.authFile);
    const before = tokenIn(home);
    for (const who of ['2', '1']) expect(await run(home, `switch ${who}`, { prefix })).toMatchObject({ exitCode: 0 });
    const handedOut = tokenIn(home);
    expect(provider.fateOf(before)).toBe('spent');
    provider.scenario.accessTokenSeconds = 864_000;
    expect(await run(home, 'renew --force 1', { prefix, variables: anotherHome(home) })).toMatchObject({ exitCode: 0 });
    expect([provider.fateOf(handedOut), provider.fateOf(tokenIn(home))]).toEqual(['spent', 'live']);
    expect(tokenIn(home)).toBe(home.record('acc_alice').refreshToken);
  });

  it.runIf(canHaveMounts)('doctor says so beforehand, and mends nothing', async () => {
    const home = await homeOf(86_400);
    const options = { prefix: mountedFile(home.home.authFile) };
    const row = await placeRow(home, options);
    expect(row).toMatchObject({ status: 'warn', fixable: false, message: expect.stringContaining('as a single file') });
    expect(await run(home, 'doctor --fix --offline', options)).toMatchObject({ exitCode: 0 });
    const around = { prefix: readOnlyAround(home.home.codexHome, home.home.authFile) };
    expect(await placeRow(home, around)).toMatchObject({ status: 'warn' });
  });

  it.runIf(canHaveMounts)('doctor --fix writes it there', async () => {
    const home = await homeOf(86_400);
    const options = { prefix: mountedFile(home.home.authFile) };
    const content = home.authFile();
    writeFileSync(home.home.authFile, JSON.stringify({ ...content, last_refresh: undefined }));
    expect(await run(home, 'doctor --fix --offline', options)).toMatchObject({ exitCode: 0 });
    expect(home.authFile()).toMatchObject({ tokens: content.tokens, last_refresh: expect.any(String) });
  });

  it.runIf(canHaveMounts).each(spenders)('%s writes it there', async (command) => {
    const home = await homeOf(over);
    const { exitCode } = await run(home, command, { prefix: mountedFile(home.home.authFile) });
    expect([exitCode, sent(), tokenIn(home)]).toEqual([0, 1, home.record('acc_alice').refreshToken]);
    expect(provider.fateOf(tokenIn(home))).toBe('live');
  });

  it.runIf(canHaveMounts)('best --switch and login --activate write it there', async () => {
    const home = await homeOf(over);
    const prefix = mountedFile(home.home.authFile);
    expect(await run(home, 'disable 1', { prefix })).toMatchObject({ exitCode: 0 });
    expect(await run(home, 'best --switch', { prefix })).toMatchObject({ exitCode: 0 });
    expect(tokenIn(home)).toBe(home.record('acc_bob').refreshToken);
    const { onStderr } = driveLogin(provider, carol);
    expect(await runBuilt(home.home, ['login', '--activate'], { prefix, onStderr })).toMatchObject({ exitCode: 0 });
    expect(home.records().at(-1)).toMatchObject({ email: carol.email, refreshToken: tokenIn(home) });
  });
});

describe('where a login can get no other content,', () => {
  eachPlace([...closed, ...lockedOut], (place) => {
    it(`nothing is spent: ${place.name}`, async () => {
      const home = await homeOf(soon);
      const token = tokenIn(home);
      const options = place.prepare(home);
      const first = await run(home, 'check', options);
      expect(first).toMatchObject({
        exitCode: 0,
        stderr: expect.stringMatching(/was not spent.*its access token still/),
      });
      expect([sent(), tokenIn(home), provider.fateOf(token)]).toEqual([0, token, 'live']);
    });

    it(`the command says so when the access token is over: ${place.name}`, async () => {
      const home = await homeOf(over);
      const token = tokenIn(home);
      const options = place.prepare(home);
      const { exitCode, stdout } = await run(home, 'check 1', options);
      expect({ exitCode, stdout }).toEqual({ exitCode: 6, stdout: expect.stringMatching(/was not spent.* → /s) });
      expect([sent(), tokenIn(home), provider.fateOf(token)]).toEqual([0, token, 'live']);
      expect(await run(home, 'switch 2', options)).toMatchObject({ exitCode: 6 });
      expect(tokenIn(home)).toBe(token);
      expect(readdirSync(home.home.codexHome).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    });
  });

  it.runIf(canLock)('nothing is spent while another program does not let go of the lock of the client', async () => {
    const home = await homeOf(over);
    const token = tokenIn(home);
    const holder = spawn('flock', ['-o', join(home.home.codexHome, 'auth.lock'), 'sh', '-c', 'echo; exec sleep 60']);
    onTestFinished(() => void holder.kill());
    await once(holder.stdout, 'data');
    const { exitCode, stdout } = await run(home, 'check 1', {});
    expect({ exitCode, stdout }).toEqual({
      exitCode: 6,
      stdout: expect.stringMatching(/was not spent.*has held.*auth\.lock/s),
    });
    expect([sent(), tokenIn(home), provider.fateOf(token)]).toEqual([0, token, 'live']);
  });

  it.runIf(canHaveMounts)('nothing is spent from another home either', async () => {
    const home = await homeOf(86_400);
    for (const who of ['2', '1']) expect(await run(home, `switch ${who}`, {})).toMatchObject({ exitCode: 0 });
    const token = tokenIn(home);
    const options = { prefix: readOnlyDirectory(home.home.codexHome), variables: anotherHome(home) };
    expect(await run(home, 'renew --force 1', options)).toMatchObject({ exitCode: 6 });
    expect([sent(), provider.fateOf(token)]).toEqual([0, 'live']);
  });

  it.runIf(canHaveMounts)('doctor says so beforehand, and what to do', async () => {
    const home = await homeOf(86_400);
    const options = { prefix: readOnlyDirectory(home.home.codexHome) };
    expect(await placeRow(home, options)).toMatchObject({
      status: 'error',
      message: expect.stringContaining('read-only'),
    });
    const { exitCode, stdout } = await run(home, 'doctor --offline', options);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: expect.stringMatching(/so that it can be\s+written/) });
  });

  it.runIf(canHaveMounts)('verify-flagged spends nothing, and says so', async () => {
    const home = await homeOf(86_400);
    const token = tokenIn(home);
    setAside(home, ['acc_alice'], { flaggedReason: 'refresh_token_expired', refreshToken: token });
    const { stdout } = await run(home, 'verify-flagged', { prefix: readOnlyDirectory(home.home.codexHome) });
    expect(stdout).toContain('could not be given its next login');
    expect([sent(), provider.fateOf(token)]).toEqual([0, 'live']);
  });

  it.runIf(canHaveMounts).each(spenders)('%s spends nothing', async (command) => {
    const home = await homeOf(over);
    const token = tokenIn(home);
    const result = await run(home, command, { prefix: readOnlyDirectory(home.home.codexHome) });
    expect(result.exitCode).not.toBe(0);
    expect(result.stdout + result.stderr).toContain('was not spent');
    expect([sent(), provider.fateOf(token)]).toEqual([0, 'live']);
  });

  it.runIf(canHaveMounts)('renew spends nothing for a token file that is mounted by itself', async () => {
    const home = await homeOf(86_400);
    const tokens = await provider.issueTokens({ ...carol, expiresInSeconds: over });
    const path = writeFlatFile(home.home, 'carol.json', tokens);
    const { exitCode, stdout } = await run(home, 'renew carol.json', { prefix: mountedFile(path) });
    expect({ exitCode, stdout }).toEqual({
      exitCode: 6,
      stdout: expect.stringContaining('nothing can take the place'),
    });
    expect([sent(), provider.fateOf(tokens.refresh_token)]).toEqual([0, 'live']);
  });

  it.runIf(canHaveMounts)('a full disk spends nothing, until there is room', async () => {
    const home = await homeOf(over);
    const { authFile, codexHome, directory } = home.home;
    const copy = join(directory, 'copy.json');
    const script = `cp "$1" "$3"; mount -t tmpfs -o size=64k tmpfs "$2"; cp "$3" "$1"
head -c 200000 /dev/zero > "$2/rest" 2> /dev/null || true`;
    const prefix = withMounts(script, authFile, codexHome, copy);
    expect(await run(home, 'check 1', { prefix })).toMatchObject({ exitCode: 6 });
    expect(sent()).toBe(0);
    expect(await run(home, 'check 1', {})).toMatchObject({ exitCode: 0 });
    expect([sent(), provider.fateOf(tokenIn(home))]).toEqual([1, 'live']);
  });

  if (!canHaveMounts) it.skip('(needs root, and mounts of its own: unshare --mount)', () => undefined);
});

describe('a disk quota that is used up', () => {
  it.each([
    ['where the accounts are', (home: RefreshHome) => home.home.root],
    ['where the official client keeps the login', (home: RefreshHome) => home.home.codexHome],
  ])('%s costs no token, and is named with the way out', async (_where, under) => {
    const home = await homeOf(over);
    const variables = { OVER_QUOTA_UNDER: under(home) };
    const tokens = () => home.records().map(({ refreshToken }) => refreshToken);
    const before = tokens();
    const { exitCode, stdout, stderr } = await runBuilt(home.home, ['check'], {
      preload: ['over-quota.mjs'],
      variables,
    });
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain('the disk quota is used up');
    expect(stdout + stderr).toContain('free space on that disk');
    expect(provider.requests.refreshes().map(({ body }) => Reflect.get(Object(body), 'refresh_token'))).toEqual([]);
    expect(tokens()).toEqual(before);

    expect(await run(home, 'check', {})).toMatchObject({ exitCode: 0 });
    expect(provider.fateOf(tokenIn(home))).toBe('live');
  });
});
