import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestHome, type TestHome } from '../support/cli.js';
import { damages } from '../support/damages.js';
import { type OtherNode, otherNodes } from '../support/other-nodes.js';
import { installPackage } from '../support/packed.js';
import { canMakeReadOnly, closeDirectory } from '../support/read-only.js';
import { sampleAccount, writePool } from '../support/sample-pool.js';
import { readJson } from '../support/stored-accounts.js';

/** The Node of the tests, and those that `test/other-nodes` pins. */
const own = { version: process.versions.node, path: process.execPath };
const nodes: readonly OtherNode[] = [own, ...otherNodes()];
const present = nodes.flatMap((node) => ('path' in node ? [node] : []));

const hasOwners = process.geteuid !== undefined;
const [alice, bob] = ['11111111-1111-4111-8111-111111111111', '44444444-4444-4444-8444-444444444444'];

let directory: string;
let program: string;
beforeAll(() => {
  directory = mkdtempSync(join(realpathSync(tmpdir()), 'codex-auth-nodes-'));
  program = join(installPackage(directory), 'bin', 'codex-auth.js');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A home with two accounts, and more up to `count`. */
function homeOfTwo(count = 2): TestHome {
  const home = createTestHome();
  const now = Math.floor(Date.now() / 1000);
  const account = (id: string, accountId: string, email: string) =>
    sampleAccount(id, { userId: id, accountId, email, iat: now, exp: now + 864_000, lastRefresh: now * 1000 });
  const more = Array.from({ length: count - 2 }, (_, index) =>
    account(`acc_${index}`, `${index}`.padStart(36, '5'), `person-${index}@example.com`),
  );
  writePool(home, [
    account('acc_alice', alice, 'alice@example.com'),
    account('acc_bob', bob, 'bob@example.com'),
    ...more,
  ]);
  return home;
}

/** What the program says on this Node, when it has ended as it should. */
function run({ path }: { readonly path: string }, home: TestHome, ...argv: string[]): string {
  const options = { cwd: home.cwd, env: home.variables, encoding: 'utf8', timeout: 30_000 } as const;
  const { status, signal, stdout, stderr } = spawnSync(path, [program, ...argv], options);
  expect({ argv, status, signal, stderr }).toEqual({ argv, status: 0, signal: null, stderr: '' });
  return stdout;
}

/** With this option the bundle of all listings answers, whether there is an index or not. */
const listing = ['list', '--plain'];
const bothListed = /alice@example\.com.*bob@example\.com/s;
const cacheDirectory = (home: TestHome) => join(home.root, 'cache');

/** Lists twice: a run that leaves an index leaves no cache of V8, so the second run does. Returns what that prints. */
function list(node: { readonly path: string }, home: TestHome): string {
  run(node, home, ...listing);
  return run(node, home, ...listing);
}

/** The file with the cache that this Node has for `list`; the Node makes it where there is none. */
function cacheOfList(node: { readonly path: string }, home = homeOfTwo()): string {
  list(node, home);
  const names = readdirSync(cacheDirectory(home)).filter((name) => name.startsWith('quick-list-'));
  expect(names).toHaveLength(1);
  return join(cacheDirectory(home), names[0] ?? '');
}

const caches = new Map<string, Buffer>();

function cacheOf(node: { readonly version: string; readonly path: string }): Buffer {
  const content = caches.get(node.version) ?? readFileSync(cacheOfList(node));
  caches.set(node.version, content);
  return content;
}

/** Every command that people type all day, on one home. */
function useDaily(node: { readonly path: string }, home: TestHome): void {
  const version: unknown = JSON.parse(readFileSync(join(program, '..', '..', 'package.json'), 'utf8')).version;
  expect(run(node, home, '--version')).toBe(`${version}\n`);
  for (const [email, accountId] of [['bob@example.com', bob] as const, ['alice@example.com', alice] as const]) {
    run(node, home, 'switch', email);
    expect(readJson(home.authFile)).toMatchObject({ tokens: { account_id: accountId } });
    ask(node, home);
  }
}

/** The commands that are begun by the quick bundle. */
function ask(node: { readonly path: string }, home: TestHome): void {
  expect(run(node, home, ...listing)).toMatch(bothListed);
  expect(run(node, home, 'status')).toContain('@example.com');
  expect(run(node, home, '__complete', 'switch', '')).toMatch(bothListed);
}

for (const node of nodes) {
  const why = 'missing' in node ? ` (skipped: ${node.missing})` : '';
  describe.skipIf('missing' in node)(`the package on Node ${node.version}${why}`, () => {
    const here = { path: 'path' in node ? node.path : '' };

    it('lists, completes and switches, without a cache and with its own', () => {
      useDaily(here, homeOfTwo());
    });

    it('says the same to a newcomer, and makes no directory for it', () => {
      const home = createTestHome();
      expect(run(here, home, ...listing)).toContain('There are no accounts yet');
      expect(run(here, home, '__complete', 'switch', '')).not.toContain('@');
      expect(existsSync(home.root)).toBe(false);
    });

    it.skipIf(!hasOwners)('uses the cache that it has left, and takes none of another Node for it', () => {
      const home = homeOfTwo();
      const path = cacheOfList(here, home);
      const made = lstatSync(path).ino;
      expect(list(here, home)).toMatch(bothListed);
      expect(lstatSync(path).ino).toBe(made);

      for (const other of present.filter(({ version }) => version !== node.version)) {
        const foreign = cacheOf(other);
        writeFileSync(path, foreign);
        expect(list(here, home)).toMatch(bothListed);
        expect(readFileSync(path).equals(foreign), `the cache of Node ${other.version}`).toBe(false);
      }
    });

    it.skipIf(!hasOwners)('takes no cache that is damaged', () => {
      const home = homeOfTwo();
      const path = cacheOfList(here, home);
      const whole = readFileSync(path);
      for (const [what, damage] of Object.entries(damages)) {
        const damaged = damage(whole);
        writeFileSync(path, damaged);
        expect(list(here, home), what).toMatch(bothListed);
        expect(readFileSync(path).equals(damaged), what).toBe(false);
      }
    });

    it.skipIf(!hasOwners)('neither waits for nor follows what somebody put in its place', () => {
      const home = homeOfTwo();
      const path = cacheOfList(here, home);
      const elsewhere = join(home.directory, 'elsewhere');
      const hostile = {
        'a pipe': () => execFileSync('mkfifo', [path]),
        'a link to a device without an end': () => symlinkSync('/dev/zero', path),
        'a link to itself': () => symlinkSync(path, path),
        'a link to a file of the person': () => {
          writeFileSync(elsewhere, 'mine');
          symlinkSync(elsewhere, path);
        },
        'a directory': () => mkdirSync(path),
      };
      for (const [what, arrange] of Object.entries(hostile)) {
        rmSync(path, { recursive: true, force: true });
        arrange();
        expect(list(here, home), what).toMatch(bothListed);
      }
      expect(readFileSync(elsewhere, 'utf8')).toBe('mine');
    });
  });
}

describe('several Nodes with one home', () => {
  it('leave each other alone, however often they take turns', () => {
    const home = homeOfTwo();
    run(own, home, 'switch', 'bob@example.com');
    for (const node of [...present, ...present]) ask(node, home);
  });
});

describe.skipIf(!hasOwners)('the index of the accounts', () => {
  const indexes = (home: TestHome) => readdirSync(cacheDirectory(home)).filter((name) => name.startsWith('index-'));

  it('is one for all Nodes, which say the same by turns, and nothing of a pool that has been replaced', async () => {
    const home = homeOfTwo();
    run(own, home, 'switch', 'bob@example.com');
    // An index is made only once the files are old enough, by the clock of their file system.
    await vi.waitFor(
      () => {
        run(own, home, ...listing);
        expect(indexes(home)).toHaveLength(1);
      },
      { timeout: 60_000, interval: 200 },
    );
    for (const words of [['list'], ['status'], listing, ['forecast', '--cached']]) {
      // Ages are taken out, because time passes between the runs.
      const said = present.map((node) => run(node, home, ...words).replace(/(now|\d+[sm] ago)$/gm, ''));
      expect(new Set(said).size, words.join(' ')).toBe(1);
    }
    expect(indexes(home)).toHaveLength(1);
    for (const node of present) {
      const email = `on-${node.version}@example.com`;
      writePool(home, [sampleAccount('acc_other', { userId: 'other', accountId: bob, email })]);
      expect(run(node, home, 'list')).toContain(email);
    }
  }, 120_000);
});

describe.skipIf(!hasOwners)('the cache that a run leaves', () => {
  it.each([
    ['a short pool', 2, false],
    ['one that is read with other flags of V8', 3_000, true],
  ])('is taken by V8 after %s', (_what, count, isLong) => {
    const home = homeOfTwo(count);
    expect(lstatSync(home.poolFile).size > 1_500_000).toBe(isLong);
    const path = cacheOfList(own, home);
    const source = readFileSync(join(program, '..', '..', 'dist', 'quick.cjs'));
    const content = readFileSync(path);
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const start = content.indexOf(everyByte) + everyByte.length;
    const cachedData = content.subarray(start, start + (content.length - source.length - start) / 2);
    expect(new Script(source.toString(), { cachedData }).cachedDataRejected).toBe(false);
  });

  it('holds nothing of the accounts', () => {
    const home = homeOfTwo();
    run(own, home, 'switch', 'bob@example.com');
    ask(own, home);
    const pool = readFileSync(home.poolFile, 'utf8');
    // The index holds names, and no token: test/cli/roster-index.test.ts.
    const names = readdirSync(cacheDirectory(home)).filter((name) => !name.startsWith('index-'));
    const kept = names.map((name) => readFileSync(join(cacheDirectory(home), name), 'latin1'));
    // Of `switch`, `list`, `status` and Tab.
    expect(kept.length).toBeGreaterThanOrEqual(4);
    for (const secret of ['rt-acc_bob', 'bob@example.com', bob]) {
      expect(pool).toContain(secret);
      expect(kept.filter((content) => content.includes(secret))).toEqual([]);
    }
  });

  it('is not left by one that fails', () => {
    const home = homeOfTwo();
    const { status } = spawnSync(own.path, [program, 'list', '--nonsense'], { cwd: home.cwd, env: home.variables });
    expect(status).not.toBe(0);
    expect(existsSync(cacheDirectory(home))).toBe(false);
  });

  it.runIf(canMakeReadOnly)('is not missed where nothing can be written', () => {
    const home = homeOfTwo();
    const open = closeDirectory(home.root);
    try {
      expect(run(own, home, ...listing)).toMatch(bothListed);
    } finally {
      open();
    }
    expect(existsSync(cacheDirectory(home))).toBe(false);
  });

  it('is of nobody else: what others could have written is made anew', () => {
    const home = homeOfTwo();
    const path = cacheOfList(own, home);
    const made = lstatSync(path).ino;
    chmodSync(path, 0o622);
    renameSync(path, `${path}.kept`);
    copyFileSync(`${path}.kept`, path);
    chmodSync(path, 0o622);
    run(own, home, ...listing);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(lstatSync(path).ino).not.toBe(made);
  });
});
