import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { flaggedFileName } from '../../src/core/storage/paths.js';
import { createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { canMakeReadOnly, closeDirectory, makeReadOnly } from '../support/read-only.js';
import { snapshotOf } from '../support/snapshot.js';
import { readJson, writeJson } from '../support/stored-accounts.js';
import { tokenFor } from '../support/unsigned-tokens.js';

const alice = { userId: 'user-alice', accountId: 'acc-home', email: 'alice@example.com' };
const bob = { userId: 'user-bob', accountId: 'acc-studio', email: 'bob@example.com' };

const record = (person: typeof alice, more: object = {}) => {
  const token = tokenFor({ ...person, iat: 1_795_000_000, exp: 4_000_000_000 });
  return { ...person, accessToken: token, idToken: token, refreshToken: `rt-canary-${person.userId}`, ...more };
};
const goodPool = {
  version: 3,
  accounts: [record(alice), record(bob)],
  activeIndex: 0,
  activeIndexByFamily: { codex: 0 },
};

const readers = [['list'], ['status'], ['list', '--json'], ['status', '--json']];
const writers = [
  ['switch', '1'],
  ['label', '1', 'work'],
  ['enable', '1'],
  ['disable', '1'],
  ['remove', '1', '--yes'],
  ['login'],
];
const everyCommand = [...readers, ...writers].map((argv) => [argv.join(' '), argv] as const);

/** A home whose pool file has this content. */
function homeWith(content: string | Buffer, name?: string): TestHome {
  const home = createTestHome();
  fs.mkdirSync(home.root, { recursive: true });
  fs.writeFileSync(name === undefined ? home.poolFile : join(home.root, name), content);
  return home;
}

const whole = JSON.stringify(goodPool);
const damage: [string, string | Buffer, RegExp][] = [
  ['empty', '', /it is empty/],
  ['blank', '\n\n', /it is empty/],
  ['corrupt', `${whole.slice(0, 40)}\u0000${whole.slice(40)}`, /not valid JSON/],
  ['truncated', whole.slice(0, -20), /not valid JSON/],
  ['no UTF-8', Buffer.concat([Buffer.from(whole.slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')]), /not UTF-8/],
  ['a list', '[]', /not a JSON object/],
  ['without accounts', '{"version":3}', /no list of accounts/],
  [
    'nested absurdly deep',
    `${whole.slice(0, -1)},"x":${'['.repeat(8_000)}${']'.repeat(8_000)}}`,
    /nested more than 200 levels/,
  ],
  ['of a newer version', JSON.stringify({ ...goodPool, version: 4 }), /version 4, newer than this program/],
];

describe.each(damage)('a pool that is %s', (_what, content, message) => {
  it.each(everyCommand)('ends %s with exit code 6, named and untouched', async (_command, argv) => {
    const home = homeWith(content);
    const before = snapshotOf(home.directory);
    const { exitCode, stdout, stderr } = await runCli(home, argv);
    const said = stdout + stderr;
    expect(exitCode).toBe(6);
    expect(said).toContain(home.poolFile);
    expect(said).toMatch(message);
    expect(said).not.toContain('canary');
    expect(snapshotOf(home.directory)).toEqual(before);
  });
});

it.each(everyCommand)('a flagged file that is damaged ends %s in the same way', async (_command, argv) => {
  const home = homeWith('{"version":1,"accounts":[{"refreshToken":"rt-canary', flaggedFileName);
  writeJson(home.poolFile, goodPool);
  const before = snapshotOf(home.directory);
  const { exitCode, stdout, stderr } = await runCli(home, argv);
  expect(exitCode).toBe(6);
  expect(stdout + stderr).toContain(join(home.root, flaggedFileName));
  expect(stdout + stderr).not.toContain('canary');
  expect(snapshotOf(home.directory)).toEqual(before);
});

it.each(everyCommand)('a pool that may not be read ends %s with exit code 6', async (_command, argv) => {
  const home = createTestHome();
  // A directory in its place cannot be read by anybody, root included.
  fs.mkdirSync(home.poolFile, { recursive: true });
  const before = snapshotOf(home.directory);
  const { exitCode, stdout, stderr } = await runCli(home, argv);
  expect(exitCode).toBe(6);
  expect(stdout + stderr).toContain(`cannot read ${home.poolFile}`);
  expect(stdout + stderr).toContain(`move the directory ${home.poolFile} away`);
  expect(snapshotOf(home.directory)).toEqual(before);
});

it.skipIf(process.geteuid?.() === 0)(
  'a pool without permission to read ends list with exit code 6 (needs not to be root)',
  async () => {
    const home = homeWith(whole);
    fs.chmodSync(home.poolFile, 0o000);
    const { exitCode, stderr } = await runCli(home, ['list']);
    expect(exitCode).toBe(6);
    expect(stderr).toContain('permission denied');
  },
);

it.each(everyCommand)(
  'a pool that is a link to nowhere ends %s with exit code 6 instead of an empty list',
  async (_command, argv) => {
    const home = createTestHome();
    fs.mkdirSync(home.root);
    fs.symlinkSync('/nonexistent/disk/pool.json', home.poolFile);
    const before = snapshotOf(home.directory);
    const { exitCode, stdout, stderr } = await runCli(home, argv);
    expect(exitCode).toBe(6);
    expect(stdout + stderr).toContain(home.poolFile);
    expect(snapshotOf(home.directory)).toEqual(before);
  },
);

describe.skipIf(!canMakeReadOnly)('a root in which nothing can be written', () => {
  function closedHome(): TestHome {
    const home = homeWith(whole);
    onTestFinished(closeDirectory(home.root));
    return home;
  }

  it.each([[['login']], [['login', '--device-auth']], [['login', '--manual']]])(
    'ends %j before anybody is sent to a browser',
    async (argv) => {
      const home = closedHome();
      const { exitCode, stdout, stderr } = await runCli(home, argv);
      expect(exitCode).toBe(6);
      expect(stderr).toContain(`error: cannot write in ${home.root}: `);
      expect(stdout + stderr).not.toMatch(/https?:/);
    },
  );

  it('is what doctor names', async () => {
    const home = closedHome();
    const { document, exitCode } = await runJson(home, ['doctor', '--offline']);
    const row = document.data.checks.find(({ id }: { id: string }) => id === 'root');
    expect(row).toMatchObject({ status: 'error', fixable: false });
    expect(row.message).toContain(`cannot write in ${home.root}`);
    expect(exitCode).toBe(1);
  });

  it('is found also where the root is still to be made', async () => {
    const home = createTestHome();
    fs.mkdirSync(dirname(home.root), { recursive: true });
    onTestFinished(closeDirectory(dirname(home.root)));
    const { exitCode, stderr } = await runCli(home, ['login']);
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`error: cannot write in ${dirname(home.root)}: `);
  });
});

it('doctor counts no accounts while the file that holds them cannot be read', async () => {
  const home = createTestHome();
  fs.mkdirSync(home.poolFile, { recursive: true, mode: 0o700 });
  const { document } = await runJson(home, ['doctor', '--offline']);
  const rows = document.data.checks.filter(({ id }: { id: string }) => id === 'accounts' || id === 'tokens');
  expect(rows).toMatchObject([
    { status: 'skipped', message: 'needs the account files' },
    { status: 'skipped', message: 'needs the account files' },
  ]);
});

it('the error of a damaged pool is a document, too, with the code, the file and the way out', async () => {
  const home = homeWith('{');
  const { document, exitCode } = await runJson(home, ['list']);
  expect(exitCode).toBe(6);
  expect(document).toMatchObject({
    ok: false,
    error: { code: 'storage-corrupt', details: { path: home.poolFile }, hint: expect.stringContaining('doctor --fix') },
  });
});

describe.skipIf(!canMakeReadOnly)(
  'a pool that cannot be written (needs a file system with immutable files for root)',
  () => {
    const changing = writers
      .filter(([name]) => name !== 'login' && name !== 'enable')
      .map((argv) => [argv.join(' '), argv] as const);

    it.each(changing)('ends %s with exit code 6 and stays as it was', async (_command, argv) => {
      const home = homeWith(whole);
      const makeWritable = makeReadOnly(home.poolFile);
      try {
        const { exitCode, stderr } = await runCli(home, argv);
        expect(exitCode).toBe(6);
        expect(stderr).toContain(home.root);
        expect(fs.readFileSync(home.poolFile, 'utf8')).toBe(whole);
        expect(fs.readdirSync(home.root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      } finally {
        makeWritable();
      }
    });

    it('can still be read', async () => {
      const home = homeWith(whole);
      const makeWritable = makeReadOnly(home.poolFile);
      try {
        expect((await runCli(home, ['list'])).exitCode).toBe(0);
      } finally {
        makeWritable();
      }
    });
  },
);

describe('a pool of another tool', () => {
  const version1 = {
    accounts: [
      {
        email: 'old@example.com',
        refreshToken: 'rt-1',
        addedAt: '1700000000000',
        lastUsed: '',
        rateLimitResetTime: 5,
        theirs: { a: [1] },
      },
      { refreshToken: 'rt-2' },
      record(alice, {
        accountId: 'org-abc',
        accountIdSource: 'org',
        idToken: undefined,
        enabled: 'false',
        expiresAt: '4000000000000',
      }),
    ],
    activeIndex: '2',
    note: 'mine',
  };
  const version3 = { ...version1, version: '3', activeIndexByFamily: { codex: '2', odd: null } };

  it.each<[string, Record<string, unknown>]>([
    ['1', version1],
    ['3', version3],
  ])('of version %s opens in place, and a change drops nothing of it', async (_version, file) => {
    const home = createTestHome();
    const original = writeJson(home.poolFile, file, 0o644);
    const shown = await runJson(home, ['list']);
    expect(shown.exitCode).toBe(0);
    expect(shown.document.data.accounts).toMatchObject([
      { index: 1, email: 'old@example.com', enabled: true },
      { index: 2, enabled: true },
      { index: 3, email: 'alice@example.com', accountId: 'acc-home', enabled: false },
    ]);
    expect(shown.document.data.chosenId).toBe(shown.document.data.accounts[2].id);
    expect(fs.readFileSync(home.poolFile, 'utf8')).toBe(original);

    expect((await runCli(home, ['label', '1', 'old one'])).exitCode).toBe(0);
    const written = readJson(home.poolFile);
    const ids = shown.document.data.accounts.map(({ id }: { id: string }) => id);
    expect(written).toMatchObject({ version: 3, note: 'mine', activeIndex: 2, activeId: ids[2] });
    expect(written['accounts']).toMatchObject([
      {
        recordId: ids[0],
        accountLabel: 'old one',
        refreshToken: 'rt-1',
        addedAt: '1700000000000',
        lastUsed: '',
        theirs: { a: [1] },
      },
      { recordId: ids[1], refreshToken: 'rt-2' },
      { recordId: ids[2], accountId: 'acc-home', userId: 'user-alice', enabled: 'false', expiresAt: '4000000000000' },
    ]);
    if (file === version3) expect(written).toMatchObject({ activeIndexByFamily: { codex: 2, odd: null } });
    expect(fs.statSync(home.poolFile).mode & 0o777).toBe(0o600);
    const kept = file === version1 ? ['.bak.1', '.pre-v3.bak'] : ['.bak.1'];
    for (const suffix of kept) {
      expect(fs.readFileSync(home.poolFile + suffix, 'utf8')).toBe(original);
      expect(fs.statSync(home.poolFile + suffix).mode & 0o777).toBe(0o600);
    }
    expect(fs.readFileSync(`${home.poolFile}.bak`, 'utf8')).toBe(fs.readFileSync(home.poolFile, 'utf8'));

    const again = await runJson(home, ['list']);
    expect(again.document.data.accounts.map(({ id }: { id: string }) => id)).toEqual(ids);
  });
});

describe('another tool that rewrites the pool between our read and our write', () => {
  const theirs = JSON.stringify({ ...goodPool, accounts: [record(bob)], note: 'theirs' });

  /** A clock that lets the other tool write as soon as we hold the lock, when the files have been read. */
  function clockThatLetsThemWrite(home: TestHome) {
    const write = () => {
      if (fs.existsSync(join(home.root, 'locks', 'store.held'))) fs.writeFileSync(home.poolFile, theirs);
    };
    return {
      ...systemClock,
      now() {
        write();
        return systemClock.now();
      },
      sleep(ms: number) {
        write();
        return systemClock.sleep(ms);
      },
    };
  }

  it.each([
    ['remove', ['remove', '1', '--yes']],
    ['switch', ['switch', '1', '--replace']],
  ])('wins over %s, which ends with exit code 6 and overwrites nothing', async (_command, argv) => {
    const home = homeWith(whole);
    fs.writeFileSync(home.authFile, 'damaged');
    const { exitCode, stderr } = await runCli(home, argv, { clock: clockThatLetsThemWrite(home) });
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`another program changed ${home.poolFile}`);
    expect(fs.readFileSync(home.poolFile, 'utf8')).toBe(theirs);
  });
});

describe('a root of another user', () => {
  const stranger = { effectiveUserId: (process.geteuid?.() ?? 0) + 1 };
  const changing = writers.filter(([name]) => name !== 'login').map((argv) => [argv.join(' '), argv] as const);

  it.each(changing)('is not written to by %s', async (_command, argv) => {
    const home = homeWith(whole);
    const before = snapshotOf(home.directory);
    const { exitCode, stderr } = await runCli(home, argv, stranger);
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`${home.root} belongs to user`);
    expect(snapshotOf(home.directory)).toEqual(before);
  });

  it('may be read', async () => {
    const home = homeWith(whole);
    expect((await runCli(home, ['list'], stranger)).exitCode).toBe(0);
  });
});

it.each([
  ['list', 0],
  ['list --json', 0],
  ['list --global', 0],
  ['status', 3],
  ['status --json', 3],
])('%s in an empty home makes no file and no directory', async (command, exitCode) => {
  const home = createTestHome();
  fs.rmSync(home.codexHome, { recursive: true });
  // The default home may be missing; one that is named may not.
  const variables = { CODEX_HOME: '' };
  expect((await runCli(home, command.split(' '), { variables })).exitCode).toBe(exitCode);
  expect(Object.keys(snapshotOf(dirname(home.codexHome)))).toEqual(['person', 'work']);
});
