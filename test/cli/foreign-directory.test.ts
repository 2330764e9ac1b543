import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keys, runWithAnswers } from '../support/answers.js';
import { createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { alice, writePool } from '../support/sample-pool.js';
import { snapshotOf } from '../support/snapshot.js';
import { modeOf } from '../support/stored-accounts.js';

/** A home whose root is said to be a directory in which somebody keeps other things. */
function homeWithForeign(...names: string[]): { home: TestHome; directory: string; variables: Record<string, string> } {
  const home = createTestHome();
  const directory = join(home.directory, 'shared');
  mkdirSync(directory);
  for (const name of names) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), 'theirs');
  }
  chmodSync(directory, 0o755);
  return { home, directory, variables: { CODEX_MULTI_AUTH_DIR: directory } };
}

const change = ['config', 'set', 'perProjectAccounts', 'false'];

describe('a directory with other things in it, named as the root', () => {
  it.each([
    ['config set', change],
    ['login', ['login', '--manual']],
    ['import', ['import', '../tokens.json', '--yes']],
    ['setup', ['setup', '--yes', '--shell', 'bash']],
    ['guard', ['guard', '--once']],
  ])('is refused by %s, without a file, a lock or another mode', async (_command, argv) => {
    const { home, directory, variables } = homeWithForeign('notes.txt', 'settings.json', 'bin/tool', 'kept/photo.jpg');
    writeFileSync(
      join(home.directory, 'tokens.json'),
      JSON.stringify({
        refresh_token: alice.tokens.refreshToken?.reveal(),
        access_token: alice.tokens.accessToken?.reveal(),
      }),
    );
    const before = snapshotOf(directory);
    const { exitCode, stderr } = await runCli(home, argv, { variables });
    expect(stderr).toContain(`error: ${directory} holds notes.txt, and nothing of this program\n`);
    expect(stderr).toContain(
      `→ name a directory for the accounts alone: CODEX_MULTI_AUTH_DIR='${directory}/codex-auth'`,
    );
    expect(exitCode).toBe(2);
    expect(snapshotOf(directory)).toEqual(before);
    expect(modeOf(directory)).toBe(0o755);
  });

  it.each([
    ['bin', ['bin/tool', 'projects/website/index.html']],
    ['cache', ['cache/thumbnails/1.png']],
    ['homes', ['homes/somebody/letter.txt', 'settings.json']],
    ['kept', ['kept/photo.jpg', 'locks/door']],
  ])('is refused where what is in it only has names that ours have: %s', async (name, names) => {
    const { directory, home, variables } = homeWithForeign(...names);
    const before = snapshotOf(directory);
    const { exitCode, stderr } = await runCli(home, change, { variables });
    expect(stderr).toContain(`error: ${directory} holds ${name}`);
    expect(exitCode).toBe(2);
    expect(snapshotOf(directory)).toEqual(before);
    expect(modeOf(directory)).toBe(0o755);
  });

  it('is what doctor says is wrong, and nothing to be closed to others', async () => {
    const { home, directory, variables } = homeWithForeign('notes.txt');
    const { exitCode, document } = await runJson(home, ['doctor', '--offline'], { variables });
    expect(exitCode).toBe(1);
    const row = (id: string) => document.data.checks.find((each: { id: string }) => each.id === id);
    expect(row('root')).toMatchObject({
      status: 'error',
      message: `${directory} holds notes.txt, and nothing of this program, so nothing can be stored or refreshed`,
      commands: [`name a directory for the accounts alone: CODEX_MULTI_AUTH_DIR='${directory}/codex-auth'`],
    });
    expect(row('permissions')).toMatchObject({ status: 'skipped' });
  });

  it('is refused with a document where one is expected', async () => {
    const { home, directory, variables } = homeWithForeign('a', 'b', 'c', 'd', 'e');
    const { exitCode, document } = await runJson(home, change, { variables });
    expect(exitCode).toBe(2);
    expect(document.error).toMatchObject({
      code: 'confirmation-needed',
      message: `${directory} holds a, b, c and 2 more, and nothing of this program`,
    });
  });

  it('is taken when the person on a terminal says so, and asked about once', async () => {
    const { home, directory, variables } = homeWithForeign('notes.txt');
    const no = await runWithAnswers(home, change, [[/Keep the accounts in .* all the same\?/, keys.enter]], {
      variables,
    });
    expect(no.exitCode).toBe(1);
    expect(readdirSync(directory)).toEqual(['notes.txt']);
    const yes = await runWithAnswers(home, change, [[/Keep the accounts in .* all the same\?/, `y${keys.enter}`]], {
      variables,
    });
    expect(yes.exitCode).toBe(0);
    expect(existsSync(join(directory, 'settings.json'))).toBe(true);
    expect((await runCli(home, ['config', 'set', 'perProjectAccounts', 'true'], { variables })).exitCode).toBe(0);
  });

  it('is read without a question, and is left by uninstall as it is', async () => {
    const { home, directory, variables } = homeWithForeign('notes.txt', 'kept/photo.jpg', 'locks/door');
    const before = snapshotOf(directory);
    expect((await runCli(home, ['list'], { variables })).exitCode).toBe(0);
    expect((await runCli(home, ['uninstall', '--accounts', '--yes'], { variables })).exitCode).toBe(0);
    expect(snapshotOf(directory)).toEqual(before);
  });

  it.each([
    ['empty', []],
    ['fresh on a disk of its own', ['lost+found/x', '.DS_Store']],
    ['one with settings of ours alone', ['settings.json']],
    ['one with what saves time alone', ['cache/cli-list-4c1e0979']],
  ])('is taken without a question when it is %s', async (_what, names) => {
    const { home, directory, variables } = homeWithForeign(...names);
    if (names.includes('settings.json')) writeFileSync(join(directory, 'settings.json'), '{}');
    expect(await runCli(home, change, { variables })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('is ours once an account is in it', async () => {
    const { home, directory, variables } = homeWithForeign('notes.txt');
    writeFileSync(join(directory, 'openai-codex-accounts.json'), '{"version":3,"accounts":[]}');
    expect(await runCli(home, change, { variables })).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

it('what is no directory at all is not to be moved away: it may be a device', async () => {
  const { exitCode, document } = await runJson(createTestHome(), ['doctor', '--offline'], {
    variables: { CODEX_MULTI_AUTH_DIR: '/dev/null' },
  });
  expect(exitCode).toBe(1);
  const row = document.data.checks.find(({ id }: { id: string }) => id === 'root');
  expect(row).toMatchObject({ status: 'error', commands: ['set CODEX_MULTI_AUTH_DIR to a directory, or unset it'] });
});

it('the place in the home of the client is this program’s own, whatever is in it', async () => {
  const home = createTestHome();
  mkdirSync(home.root);
  writeFileSync(join(home.root, 'dashboard-of-another-tool.json'), '{}');
  expect(await runCli(home, change)).toMatchObject({ exitCode: 0, stderr: '' });
});

it('uninstall leaves what is not ours in kept, in locks and in the journal, whatever it is called', async () => {
  const home = createTestHome();
  writePool(home, [alice]);
  const put = (name: string) => {
    mkdirSync(join(home.root, name, '..'), { recursive: true });
    writeFileSync(join(home.root, name), 'x');
    return name;
  };
  const ours = [
    'kept/removed-account-2026-11-21T12-00-00-000Z.json',
    'kept/auth-2026-11-21T12-00-00-000Z-2.json',
    'refresh-journal/1790000000000-0123456789ab.left.json',
    'refresh-journal/1790000000000-0123456789abcdef-0123456789ab.json',
    'cache/cli-verify-flagged-4c1e0979',
    'cache/index-4c1e0979.1790000000000',
    'locks/person-0123456789abcdef.held/owner-ab.json',
    'account-state.json',
  ].map(put);
  const theirs = [
    'kept/photo.jpg',
    'kept/auth-1.json',
    'refresh-journal/diary.json',
    'refresh-journal/1-2-3.json',
    'cache/cli-notes',
    'cache/photo-1',
    'locks/door.held/key',
    'locks/bicycle.txt',
    'account-state.json.bak/inside',
    'projects/p-0123456789ab/openai-codex-accounts.json/inside',
  ].map(put);
  const { document } = await runJson(home, ['uninstall', '--accounts', '--yes']);
  const remains = (names: readonly string[]) => names.filter((name) => existsSync(join(home.root, name)));
  expect({ ours: remains(ours), theirs: remains(theirs) }).toEqual({ ours: [], theirs });
  const left: { path: string; what: string }[] = document.data.left;
  const named = left.filter(({ what }) => what === 'not made by this program').map(({ path }) => path);
  expect(named.sort()).toEqual(theirs.map((name) => join(home.root, name)).sort());
});
