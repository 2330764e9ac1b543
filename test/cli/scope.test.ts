import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { projectKey, resolveProjectStorageIdentityRoot } from '../../src/core/project/identity.js';
import { type CliOptions, createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { git, withWorktree } from '../support/git-layouts.js';
import { contentOf } from '../support/home-content.js';
import { makeProject } from '../support/project-home.js';
import { alice, bob, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, readJson, writeJson } from '../support/stored-accounts.js';

const person = (name: string) => ({ userId: `user-${name}`, accountId: `at-${name}`, email: `${name}@example.com` });
const carol = sampleAccount('acc_carol', person('carol'));
const dave = sampleAccount('acc_dave', person('dave'));

let home: TestHome;
beforeEach(() => {
  home = createTestHome();
});

const atNoon: CliOptions = { clock: clockAt(noon) };
const emails = ({ accounts }: { accounts: { email: string }[] }) => accounts.map(({ email }) => email);
const listed = async (argv: readonly string[] = [], options: CliOptions = {}) =>
  (await runJson(home, ['list', ...argv], { ...atNoon, ...options })).document;
const records = (path: string) => readJson(path)['accounts'] as Record<string, unknown>[];
const poolOf = (key: string) => join(home.root, 'projects', key, 'openai-codex-accounts.json');

/** The commands that change nothing, as a project without accounts of its own sees them. */
const readingCommands = [
  ['list'],
  ['status'],
  ['usage', '--cached'],
  ['forecast', '--cached'],
  ['best', '--cached'],
  ['report', '--cached'],
  ['verify-flagged', '--dry-run', '--no-probe'],
  ['fix', '--dry-run'],
  ['doctor', '--offline'],
];

describe('a project without a pool', () => {
  it.each(readingCommands)('is read without making anything: %s', async (...argv) => {
    writePool(home, [alice, bob]);
    makeProject(home);
    writeLogin(home, alice);
    const before = [contentOf(home), readdirSync(home.cwd)];
    const { stdout, stderr } = await runCli(home, argv, atNoon);
    expect([contentOf(home), readdirSync(home.cwd)]).toEqual(before);
    if (argv[0] !== 'doctor') expect([stderr, stdout]).toEqual(['', expect.not.stringContaining('no accounts')]);
    expect(existsSync(join(home.root, 'projects'))).toBe(false);
  });
});

describe('--global, --project, and where one is', () => {
  it('choose the pool, in this order', async () => {
    const key = makeProject(home);
    const other = join(home.directory, 'other');
    const otherKey = makeProject({ ...home, cwd: other });
    writePool(home, [alice]);
    writePool(home, [carol], {}, key);
    writePool(home, [dave], {}, otherKey);
    const scopeOf = async (argv: string[], options: CliOptions = {}) => {
      const { data } = await listed(argv, options);
      return [data.scope.key ?? data.scope.kind, ...emails(data)];
    };
    const inOther = { cwd: other };
    const off = { variables: { CODEX_AUTH_PER_PROJECT_ACCOUNTS: 'false' } };
    expect(await scopeOf([])).toEqual([key, 'carol@example.com']);
    expect(await scopeOf(['--global'])).toEqual(['global', 'alice@example.com']);
    expect(await scopeOf(['--project', '.'], inOther)).toEqual([otherKey, 'dave@example.com']);
    expect(await scopeOf(['--project', home.cwd], inOther)).toEqual([key, 'carol@example.com']);
    expect(await scopeOf([], off)).toEqual(['global', 'alice@example.com']);
    expect(await scopeOf(['--project', other], off)).toEqual([otherKey, 'dave@example.com']);
    expect(await scopeOf([], { cwd: home.directory })).toEqual(['global', 'alice@example.com']);
  });

  it.each([
    ...readingCommands,
    ['switch', '1'],
    ['label', '1', 'x'],
    ['enable', '1'],
    ['disable', '1'],
    ['flag', '1'],
    ['move', '1', '--to', 'global'],
    ['remove', '1', '--yes'],
    ['check'],
    ['fix'],
    ['login', '--manual'],
    ['config', 'list'],
  ])('a --project that is missing is refused by every command: %s', async (...argv) => {
    writePool(home, [alice]);
    const before = contentOf(home);
    const { document, exitCode } = await runJson(home, [...argv, '--project', '/missing']);
    expect(exitCode).toBe(2);
    expect(document.error).toMatchObject({
      code: 'usage',
      message: '--project /missing: there is no such directory',
      hint: 'name a directory that exists, or use --global',
    });
    expect(contentOf(home)).toEqual(before);
  });

  it('a repository that is broken: reading warns and uses the global accounts, writing names --global', async () => {
    writePool(home, [alice]);
    writeFileSync(join(home.cwd, '.git'), 'garbage\n');
    const { data, warnings } = await listed();
    expect(emails(data)).toEqual(['alice@example.com']);
    expect(warnings).toEqual([expect.stringMatching(/\.git is not usable, .*; using the global accounts$/)]);
    const before = contentOf(home);
    for (const argv of [
      ['label', '1', 'x'],
      ['switch', '1'],
      ['move', '1', '--to', 'global'],
      ['login', '--manual'],
    ]) {
      const { document, exitCode } = await runJson(home, argv);
      expect(exitCode).toBe(2);
      expect(document.error).toMatchObject({ code: 'broken-project', hint: expect.stringContaining('--global') });
    }
    expect(contentOf(home)).toEqual(before);
    expect((await runCli(home, ['label', '1', 'x', '--global'])).exitCode).toBe(0);
  });

  it('is another pool than that of a damaged file, which is named', async () => {
    const key = makeProject(home);
    writePool(home, [carol], {}, key);
    writeJson(home.poolFile, {});
    writeFileSync(home.poolFile, '{');
    const { data, warnings } = await listed();
    expect(emails(data)).toEqual(['carol@example.com']);
    expect(warnings).toEqual([
      expect.stringMatching(
        /openai-codex-accounts\.json is damaged: .*; its accounts are left out: codex-auth doctor$/,
      ),
    ]);
    expect((await runCli(home, ['list', '--global'])).exitCode).toBe(6);
  });
});

describe('an account lives in one pool', () => {
  it('list says whose the login in use is, and what was chosen here, when they differ', async () => {
    const key = makeProject(home);
    writePool(home, [alice, bob], { activeId: alice.id });
    writePool(home, [carol], { activeId: carol.id }, key);
    writeLogin(home, alice);
    const { data } = await listed();
    expect(data).not.toHaveProperty('activeId');
    expect(data).toMatchObject({
      activeElsewhere: { id: 'acc_alice', index: 1, scope: { kind: 'global' } },
      chosenId: 'acc_carol',
    });
    const { stdout } = await runCli(home, ['list'], atNoon);
    expect(stdout).toContain(
      'in use: home <alice@example.com> (Personal), of the global pool\n' +
        'last chosen here: carol@example.com, which is not in use: codex-auth switch 1\n',
    );
    const status = await runCli(home, ['status'], atNoon);
    expect(status.stdout).toMatch(/Lives in +the global pool, as number 1\n/);
    expect(status.stdout).toContain('carol@example.com was chosen here last: codex-auth switch 1');
  });

  it('switching in one project brings the newer tokens of another project’s account back there', async () => {
    const key = makeProject(home);
    const other = join(home.directory, 'other');
    const otherKey = makeProject({ ...home, cwd: other });
    writePool(home, [carol], {}, key);
    writePool(home, [dave], {}, otherKey);
    await runCli(home, ['switch', '1'], atNoon);
    // The official client refreshes Carol's login while project A has it in use.
    const words = { ...person('carol'), refresh: 'rt-refreshed', iat: noon / 1000, lastRefresh: noon };
    writeLogin(home, sampleAccount('x', words));
    const { stdout } = await runCli(home, ['switch', '1'], { ...atNoon, cwd: other });
    expect(stdout).toContain('The newer tokens that auth.json held of the previous account are saved.');
    expect(records(poolOf(key))).toMatchObject([{ recordId: 'acc_carol', refreshToken: 'rt-refreshed' }]);
    expect(records(poolOf(otherKey))).toHaveLength(1);
  });

  it('a name means an account here first, then one elsewhere, and the pool is named', async () => {
    const key = makeProject(home);
    writePool(home, [{ ...alice, label: 'work' }, bob]);
    writePool(home, [{ ...carol, label: 'work' }], {}, key);
    expect((await runJson(home, ['label', 'work', 'mine'])).document.data).toMatchObject({
      id: 'acc_carol',
      scope: { kind: 'project', key },
    });
    const elsewhere = await runCli(home, ['enable', 'bob']);
    expect(elsewhere.stderr).toBe('found in the global pool\n');
    expect((await runJson(home, ['disable', 'bob'])).document.data).toMatchObject({ scope: { kind: 'global' } });
    expect((await runJson(home, ['usage', 'bob', '--cached'])).document.data.accounts).toMatchObject([
      { id: 'acc_bob' },
    ]);
    // A number counts the accounts of this list only.
    expect((await runCli(home, ['enable', '2'])).exitCode).toBe(3);
    const ambiguous = await runJson(home, ['label', 'acc_', 'x'], { cwd: home.directory });
    expect(ambiguous.exitCode).toBe(2);
  });
});

describe('the checkouts of one repository', () => {
  let base: string;
  beforeEach(() => {
    base = join(home.directory, 'src');
    mkdirSync(base);
    withWorktree(base);
    git(join(base, 'repo'), 'worktree', 'add', '-q', '../second');
  });
  const at = (checkout: string): CliOptions => ({ ...atNoon, cwd: join(base, checkout) });
  const keyAt = (checkout: string) => {
    const resolved = resolveProjectStorageIdentityRoot(join(base, checkout), { home: join(home.directory, 'person') });
    if (resolved.kind !== 'project') throw new Error(resolved.kind);
    return resolved.key;
  };

  it('share one pool, also when one is moved or deleted', async () => {
    writePool(home, [carol], {}, keyAt('repo'));
    for (const checkout of ['repo', 'wt', 'second']) {
      expect(emails((await listed([], at(checkout))).data)).toEqual(['carol@example.com']);
    }
    renameSync(join(base, 'wt'), join(base, 'moved'));
    git(join(base, 'repo'), 'worktree', 'move', '../second', '../third');
    for (const checkout of ['moved', 'third']) {
      expect((await runCli(home, ['label', '1', checkout], at(checkout))).exitCode).toBe(0);
      expect((await listed([], at('repo'))).data.accounts).toMatchObject([{ label: checkout }]);
    }
    rmSync(join(base, 'moved'), { recursive: true });
    expect(emails((await listed([], at('repo'))).data)).toEqual(['carol@example.com']);
    expect(readdirSync(join(home.root, 'projects'))).toEqual([keyAt('repo')]);
  });

  describe('of which an older version kept pools by their own paths', () => {
    let canonical: string;
    let legacy: string[];
    beforeEach(() => {
      canonical = poolOf(keyAt('repo'));
      const [wt, second] = ['wt', 'second'].map((name) => projectKey(join(base, name))) as [string, string];
      writePool(home, [alice]);
      legacy = [
        writePool(home, [carol, sampleAccount('acc_alice_copy', personOf(alice))], { activeId: carol.id }, wt),
        writePool(home, [dave], {}, second),
      ];
    });
    const personOf = ({ userId, accountId, email }: typeof alice) => ({
      ...(userId === undefined ? {} : { userId }),
      ...(accountId === undefined ? {} : { accountId }),
      ...(email === undefined ? {} : { email }),
    });

    it.each(['repo', 'wt', 'second'])('shows them together, and changes nothing: in %s', async (checkout) => {
      const before = contentOf(home);
      const { data, warnings } = await listed([], at(checkout));
      expect(emails(data).sort()).toEqual(['carol@example.com', 'dave@example.com']);
      expect(data.scope).toMatchObject({ key: keyAt('repo'), path: canonical, readFrom: canonical });
      expect(data.elsewhere).toEqual([{ kind: 'global', accounts: 1 }]);
      expect(warnings).toHaveLength(2);
      for (const path of legacy) expect(warnings.join()).toContain(path);
      expect(contentOf(home)).toEqual(before);
    });

    it('makes them one with the next command that changes something, and keeps copies', async () => {
      writePool(home, [bob], {}, keyAt('repo'));
      const { exitCode, stderr } = await runCli(home, ['label', 'carol', 'first'], at('second'));
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining("are this project's now") });
      expect(records(canonical)).toMatchObject([
        { recordId: 'acc_bob' },
        { recordId: 'acc_dave', movedFrom: projectKey(join(base, 'second')) },
        { recordId: 'acc_carol', accountLabel: 'first', refreshToken: 'rt-acc_carol' },
      ]);
      expect(readdirSync(join(home.root, 'projects'))).toEqual([keyAt('repo')]);
      const kept = readdirSync(join(home.root, 'kept')).map((name) =>
        readFileSync(join(home.root, 'kept', name), 'utf8'),
      );
      expect(kept).toHaveLength(2);
      expect(kept.join()).toContain('rt-acc_alice_copy');
      expect((await listed([], at('wt'))).warnings).toEqual([]);
      // An account that the global pool had stays there.
      expect(emails((await listed(['--global'], at('wt'))).data)).toEqual(['alice@example.com']);
    });

    it('takes over the choice and the other contents where there was no pool yet', async () => {
      const path = legacy[0] ?? '';
      writeJson(path, { ...readJson(path), theirs: 'kept' });
      await runCli(home, ['disable', 'carol'], at('wt'));
      expect(readJson(canonical)).toMatchObject({
        activeId: 'acc_carol',
        theirs: 'kept',
        projectRoot: join(base, 'repo'),
      });
    });

    it('gives the newer of two copies of one account to where it lives', async () => {
      const words = { ...personOf(alice), refresh: 'rt-newer', iat: noon / 1000, lastRefresh: noon };
      writePool(home, [carol, sampleAccount('acc_alice_copy', words)], {}, projectKey(join(base, 'wt')));
      await runCli(home, ['disable', 'carol'], at('wt'));
      expect(records(home.poolFile)).toMatchObject([{ recordId: 'acc_alice', refreshToken: 'rt-newer' }]);
    });

    it('leaves the old files where they are when the new one cannot be written, and says so', async () => {
      mkdirSync(`${canonical}.bak`, { recursive: true });
      const before = contentOf(home);
      const { document, exitCode } = await runJson(home, ['label', 'carol', 'first'], at('wt'));
      expect(exitCode).toBe(6);
      expect(document.error.message).toContain(`what an older version kept for one checkout stays in ${legacy[0]}`);
      expect(contentOf(home)).toEqual(before);
      rmSync(`${canonical}.bak`, { recursive: true });
      expect((await runCli(home, ['label', 'carol', 'first'], at('wt'))).exitCode).toBe(0);
    });

    it('are repaired by one fix, not only made one', async () => {
      const [path = ''] = legacy;
      const pool = readJson(path);
      const [first, ...others] = records(path);
      writeJson(path, { ...pool, accounts: [{ ...first, coolingDownUntil: 1 }, ...others] });
      const { document, exitCode } = await runJson(home, ['fix'], at('wt'));
      const done = document.data.repairs.filter(({ outcome }: { outcome: string }) => outcome === 'done');
      expect({ exitCode, done, remaining: document.data.remaining }).toMatchObject({
        exitCode: 0,
        done: [{ kind: 'drop-expired-facts', id: 'acc_carol', scope: { kind: 'project', key: keyAt('repo') } }],
        remaining: [],
      });
      expect(records(canonical)[0]).not.toHaveProperty('coolingDownUntil');
      expect((await runJson(home, ['fix'], at('wt'))).document.data.repairs).toEqual([]);
    });

    it('that are set aside come along', async () => {
      const flagged = {
        recordId: 'acc_f',
        ...person('flagged'),
        refreshToken: 'rt-f',
        flaggedAt: 1,
        flaggedReason: 'x',
      };
      writeJson(join(legacy[1] ?? '', '..', 'openai-codex-flagged-accounts.json'), { version: 1, accounts: [flagged] });
      const dryRun = await runJson(home, ['verify-flagged', '--dry-run', '--no-probe'], at('repo'));
      expect(dryRun.document.data.results).toMatchObject([{ id: 'acc_f' }]);
      await runCli(home, ['enable', 'carol'], at('repo'));
      expect(records(join(canonical, '..', 'openai-codex-flagged-accounts.json'))).toMatchObject([
        { recordId: 'acc_f' },
      ]);
    });

    it('are found by name from anywhere', async () => {
      const { document } = await runJson(home, ['label', 'dave', 'x'], { cwd: home.directory });
      expect(document.data.scope).toMatchObject({ kind: 'project', key: projectKey(join(base, 'second')) });
    });
  });
});

it('a move that was cut short shows the account once, where it went, and the next writer finishes it', async () => {
  const key = makeProject(home);
  writePool(home, [alice, bob], { activeId: alice.id });
  writePool(home, [carol], {}, key);
  const before = join(home.directory, 'before');
  cpSync(home.poolFile, before);
  await runCli(home, ['move', 'acc_alice', '--to', '.'], atNoon);
  cpSync(before, home.poolFile);

  expect(emails((await listed()).data)).toEqual(['carol@example.com', 'alice@example.com']);
  const { data } = await listed(['--global']);
  expect(emails(data)).toEqual(['bob@example.com']);
  expect(data).not.toHaveProperty('chosenId');
  expect((await runCli(home, ['label', 'alice', 'x'])).exitCode).toBe(0);
  expect(records(home.poolFile)).toMatchObject([{ recordId: 'acc_bob' }]);
  expect(records(poolOf(key))).toMatchObject([{ recordId: 'acc_carol' }, { recordId: 'acc_alice', accountLabel: 'x' }]);
  expect(existsSync(join(home.root, 'kept'))).toBe(false);
});
