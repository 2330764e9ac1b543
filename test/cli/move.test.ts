import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { moveCommand } from '../../src/cli/commands/move.js';
import { createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { flaggedFileOf } from '../support/flagged-records.js';
import { makeProject } from '../support/project-home.js';
import { alice, aliceAtStudio, bob, noon, sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, readJson } from '../support/stored-accounts.js';

const carol = sampleAccount('acc_carol', { userId: 'user-carol', accountId: 'c', email: 'carol@example.com' });
const atNoon = { clock: clockAt(noon) };

let home: TestHome;
let key: string;
let projectPool: string;
beforeEach(() => {
  home = createTestHome();
  key = makeProject(home);
  writePool(home, [alice, aliceAtStudio, bob], { activeId: 'acc_studio', previousId: 'acc_alice' });
  projectPool = writePool(home, [carol], { activeId: 'acc_carol' }, key);
});

const ids = (path: string) => (readJson(path)['accounts'] as { recordId: string }[]).map(({ recordId }) => recordId);

describe('move', () => {
  it('takes an account out of one pool into another, with its id, name, login and state', async () => {
    const { exitCode, stdout, stderr } = await runCli(home, ['move', 'bob', '--to', '.'], atNoon);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: `✓ Moved bob@example.com (Studio) from the global pool to the pool of project ${key}\n`,
      stderr: 'found in the global pool\n',
    });
    expect(ids(home.poolFile)).toEqual(['acc_alice', 'acc_studio']);
    expect(readJson(projectPool)).toMatchObject({
      activeId: 'acc_carol',
      accounts: [
        { recordId: 'acc_carol' },
        { recordId: 'acc_bob', refreshToken: 'rt-acc_bob', enabled: false, movedAt: noon, movedFrom: 'global' },
      ],
    });
    expect(readJson(home.poolFile)).toMatchObject({ activeId: 'acc_studio', previousId: 'acc_alice' });
  });

  it('says as JSON where it is now, what it was there, and that it is still in use', async () => {
    writeLogin(home, aliceAtStudio);
    const login = readFileSync(home.authFile, 'utf8');
    const { document, exitCode } = await runJson(home, ['--global', 'move', '2', '--to', home.cwd], atNoon);
    expect(exitCode).toBe(0);
    expect(document).toMatchObject({ schema: 'codex-auth.move/1', ok: true });
    expect(moveCommand.schema.parse(document.data)).toEqual(document.data);
    expect(document.data).toMatchObject({
      id: 'acc_studio',
      index: 2,
      from: { kind: 'global' },
      to: { kind: 'project', key },
      changed: true,
      setAside: false,
      inUse: true,
      wasChosen: true,
    });
    expect(readFileSync(home.authFile, 'utf8')).toBe(login);
    expect(readJson(home.poolFile)).not.toHaveProperty('activeId');
    expect(readJson(home.poolFile)).toMatchObject({ previousId: 'acc_alice', activeIndex: 0 });
    expect(readJson(projectPool)).toMatchObject({ activeId: 'acc_carol' });
    // The account moves back, and is not the chosen one there.
    await runCli(home, ['move', 'acc_studio', '--to', 'global'], atNoon);
    expect(ids(home.poolFile)).toEqual(['acc_alice', 'acc_bob', 'acc_studio']);
    expect(readJson(home.poolFile)).not.toHaveProperty('activeId');
  });

  it('says that the scope it came from has lost its choice', async () => {
    const { stdout } = await runCli(home, ['move', 'carol', '--to', 'global']);
    expect(stdout).toContain(`It was the last choice of the pool of project ${key}, which has none now.\n`);
    const { stdout: listed } = await runCli(home, ['list']);
    expect(listed).toMatch(/^Global accounts\n/);
    expect(listed).toContain('carol@example.com');
  });

  it('takes an account that is set aside, which stays set aside', async () => {
    await runCli(home, ['flag', 'bob', '--global'], atNoon);
    const { stdout } = await runCli(home, ['move', 'bob@example.com', '--to', '.'], atNoon);
    expect(stdout).toContain('It is set aside there as it was here.\n');
    expect(ids(flaggedFileOf(home))).toEqual([]);
    const flagged = join(projectPool, '..', 'openai-codex-flagged-accounts.json');
    expect(readJson(flagged)).toMatchObject({ accounts: [{ recordId: 'acc_bob', flaggedReason: 'manual' }] });
    const { document } = await runJson(home, ['move', 'acc_bob', '--to', '.'], atNoon);
    expect(document.data).toMatchObject({ changed: false, setAside: true, index: 1 });
  });

  it('makes the pool of a project that had none, and remembers which directory leads there', async () => {
    const other = join(home.directory, 'it’s another');
    const otherKey = makeProject({ ...home, cwd: other });
    await runCli(home, ['move', 'acc_bob', '--to', '../it’s another']);
    expect(ids(join(home.root, 'projects', otherKey, 'openai-codex-accounts.json'))).toEqual(['acc_bob']);
    const { stdout } = await runCli(home, ['list', '--global']);
    expect(stdout).toContain(`also available: project ${otherKey} (1): codex-auth list --project '${other}'\n`);
    const { stdout: there } = await runCli(home, ['list', '--project', other]);
    expect(there).toContain('bob@example.com');
  });

  it('changes nothing when the account lives there already', async () => {
    const before = readFileSync(home.poolFile, 'utf8');
    const { exitCode, stdout } = await runCli(home, ['move', 'bob', '--to', 'global']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: '✓ bob@example.com (Studio) lives in the global pool already\n',
    });
    expect(readFileSync(home.poolFile, 'utf8')).toBe(before);
  });

  it('leaves two records of one account to fix, which merges them', async () => {
    writePool(home, [carol, { ...bob, id: 'acc_other' }], {}, key);
    const { document, exitCode } = await runJson(home, ['move', 'acc_bob', '--to', '.']);
    expect(exitCode).toBe(2);
    expect(document.error).toMatchObject({ code: 'usage', hint: 'codex-auth fix' });
    expect(document.error.message).toBe(`the pool of project ${key} has a record of bob@example.com (Studio) already`);
    expect(ids(home.poolFile)).toContain('acc_bob');
  });

  it.each<[string, string, RegExp]>([
    ['a directory that is missing', '/missing', /^--to \/missing: there is no such directory$/],
    ['a directory of no project', '../codex', /^--to \.\.\/codex: it is not inside a Git repository$/],
    ['nothing', '', /^--to needs a directory/],
    ['a repository that is broken', 'broken', /^--to broken: .*broken\/\.git is not usable/],
  ])('refuses %s as the destination', async (_what, to, message) => {
    mkdirSync(join(home.cwd, 'broken'));
    writeFileSync(join(home.cwd, 'broken', '.git'), 'garbage\n');
    const { document, exitCode } = await runJson(home, ['move', 'bob', '--to', to]);
    expect(exitCode).toBe(2);
    expect(document.error.message).toMatch(message);
    expect(ids(home.poolFile)).toContain('acc_bob');
  });

  it('needs to know where to, and whom', async () => {
    const nowhere = await runCli(home, ['move', 'bob']);
    expect(nowhere.exitCode).toBe(2);
    expect(nowhere.stderr).toContain("required option '--to <global|dir>' not specified");
    expect((await runCli(home, ['move', 'nobody', '--to', 'global'])).exitCode).toBe(3);
  });
});
