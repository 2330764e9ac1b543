import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { completionCommand } from '../../src/cli/commands/completion.js';
import { settingNames } from '../../src/core/settings.js';
import { shellNames } from '../../src/core/shell/shell-files.js';
import { createTestHome, runCli, type TestHome } from '../support/cli.js';
import { makeProject } from '../support/project-home.js';
import { alice, aliceAtStudio, bob, sampleAccount, writePool } from '../support/sample-pool.js';
import { dataOf } from '../support/seed.js';

let home: TestHome;
beforeEach(() => {
  home = createTestHome();
  writePool(home, [alice, aliceAtStudio, bob]);
});

const client = sampleAccount('acc_client', { email: 'me@client.example' }, { label: 'client' });

/** What the program answers to the script of a shell: the words after its name, the last one at the cursor. */
async function answer(...words: readonly string[]) {
  const { exitCode, stdout, stderr } = await runCli(home, ['__complete', ...words]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const [paths, ...lines] = stdout.split('\n').slice(0, -1);
  return { paths, values: lines.map((line) => line.split('\t')[0]) };
}

const valuesAfter = async (...words: readonly string[]) => (await answer(...words)).values;

describe('the word at the cursor is', () => {
  test.each([
    { words: [''], offers: ['login', 'list', 'switch', 'completion', 'help'] },
    { words: ['auth', ''], offers: ['login', 'list', 'switch'] },
    { words: ['--project', '/some/where', '--json', ''], offers: ['list'] },
    { words: ['help', ''], offers: ['switch', 'config'] },
    { words: ['help', 'config', ''], offers: ['get', 'set'] },
    { words: ['config', '--json', ''], offers: ['list', 'get', 'set', 'unset'] },
  ])('a command after "$words"', async ({ words, offers }) => {
    expect(await valuesAfter(...words)).toEqual(expect.arrayContaining(offers));
  });

  test('an option of the command or of every command, none twice', async () => {
    const values = await valuesAfter('list', '--json', '-');
    expect(values).toEqual(expect.arrayContaining(['--csv', '--out', '--global', '--no-color', '--help']));
    expect(values).not.toContain('--json');
    expect(await valuesAfter('list', '--')).toContain('--csv');
  });

  test('a value that the command tree lists', async () => {
    expect(await valuesAfter('completion', '')).toEqual([...shellNames]);
    expect(await valuesAfter('setup', '--shell', 'bash', '')).toEqual([...shellNames]);
    expect(await valuesAfter('setup', '--print=')).toEqual(shellNames.map((name) => `--print=${name}`));
  });

  test('a setting, or what it can be', async () => {
    for (const verb of ['get', 'set', 'unset']) expect(await valuesAfter('config', verb, '')).toEqual(settingNames);
    expect(await valuesAfter('config', 'set', 'perProjectAccounts', '')).toEqual(['true', 'false']);
    expect(await valuesAfter('config', 'set', 'quotaTtlMs', '')).toEqual([]);
  });

  test('a file or a directory, which the shell knows', async () => {
    for (const words of [
      ['list', '--out', ''],
      ['--config', ''],
      ['list', '--config='],
    ]) {
      expect(await answer(...words)).toEqual({ paths: 'files', values: [] });
    }
    expect(await answer('--project', '')).toEqual({ paths: 'directories', values: [] });
    expect(await answer('import', 'one.json', '')).toEqual({ paths: 'files', values: [] });
    expect(await answer('move', 'home', '--to', '')).toEqual({ paths: 'directories', values: ['global'] });
    expect(await answer('renew', '--', '')).toMatchObject({ paths: 'files', values: expect.arrayContaining(['home']) });
  });

  test.each([
    [['label', 'home', '']],
    [['login', '--label', '']],
    [['switch', 'home', '']],
    [['help', 'switch', '']],
    [['no-such-command', '']],
    [['list', '--', '--']],
  ])('nothing that could be known after %j', async (words) => {
    expect(await answer(...words)).toEqual({ paths: 'none', values: [] });
  });
});

describe('an account is called', () => {
  test('by each name that selects it, else by its id', async () => {
    const { stdout } = await runCli(home, ['__complete', 'check', '']);
    expect(stdout).toBe(
      'none\nhome\talice@example.com, Personal, plus\nacc_studio\talice@example.com, Studio, team\nbob@example.com\tStudio, team\n',
    );
  });

  test('where the command has a use for it', async () => {
    expect(await valuesAfter('enable', '')).toEqual(['bob@example.com']);
    expect(await valuesAfter('disable', '')).toEqual(['home', 'acc_studio']);
    expect(await valuesAfter('switch', '')).toEqual(['home', 'acc_studio']);
    expect(await valuesAfter('switch', '--enable', '')).toContain('bob@example.com');
    expect(await valuesAfter('login', '--expect', '')).toEqual(['alice@example.com', 'bob@example.com']);
  });

  test('in the scope that the line is about, and elsewhere unless the name would mean another one', async () => {
    const key = makeProject(home);
    writePool(home, [client, sampleAccount('acc_other', { email: 'dora@example.com' }, { label: 'home' })], {}, key);
    expect(await valuesAfter('switch', '')).toEqual([
      ...['client', 'me@client.example', 'home', 'dora@example.com'],
      ...['acc_alice', 'acc_studio'],
    ]);
    expect((await valuesAfter('--global', 'switch', ''))[0]).toBe('home');
  });

  test('by nothing that a terminal would obey', async () => {
    writePool(home, [{ ...client, label: 'red\u001b[31m' }]);
    expect(await answer('check', '')).toEqual({ paths: 'none', values: ['me@client.example'] });
  });
});

describe('asking', () => {
  test('writes nothing and takes no lock', async () => {
    const before = readdirSync(home.directory, { recursive: true });
    await answer('switch', '');
    expect(readdirSync(home.directory, { recursive: true })).toEqual(before);
  });

  test('is silent where a file is damaged, a setting is bad or there is no home', async () => {
    writeFileSync(home.poolFile, '{');
    expect(await answer('switch', '')).toEqual({ paths: 'none', values: [] });
    writeFileSync(join(home.root, 'settings.json'), '{"pluginConfig": {"quotaTtlMs": "soon"}}');
    expect(await answer('switch', '')).toEqual({ paths: 'none', values: [] });
    home = { ...home, variables: {} };
    expect(await answer('switch', '')).toEqual({ paths: 'none', values: [] });
    expect(await valuesAfter('sw')).toContain('switch');
  });
});

describe('completion', () => {
  test.each(shellNames)('prints a script for %s that says how to install it', async (shell) => {
    const text = await runCli(home, ['completion', shell]);
    expect(text.exitCode).toBe(0);
    expect(text.stdout).toContain(`codex-auth completion ${shell}`);
    expect(text.stdout).toContain('codex-auth __complete ');
    expect(text.stdout).not.toContain('%{');
    const json = await runCli(home, ['completion', shell, '--json']);
    expect(dataOf(completionCommand, json)).toEqual({ shell, script: text.stdout });
  });

  test('knows four shells and names them', async () => {
    const { exitCode, stderr } = await runCli(home, ['completion', 'tcsh']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('bash, zsh, fish, powershell');
  });

  test('tells in its help where the line belongs', async () => {
    const { stdout } = await runCli(home, ['completion', '--help']);
    expect(stdout).toContain('source <(codex-auth completion bash)');
  });

  test('keeps the completion that PowerShell had for codex, and registers its own for it only beside that one', async () => {
    const { stdout } = await runCli(home, ['completion', 'powershell']);
    expect(stdout).toMatch(/Register-ArgumentCompleter -Native -CommandName codex-auth /);
    const [, guarded] = stdout.split('\ntry {');
    expect(guarded).toContain('Register-ArgumentCompleter -Native -CommandName codex ');
    expect(guarded).toMatch(/\} catch \{ \}\n$/);
    expect(stdout).toContain('& $__codexAuthOfficial $wordToComplete $commandAst $cursorPosition');
  });
});
