import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, runJson } from '../support/cli.js';
import { withLogin } from '../support/manual-login.js';
import { alice } from '../support/people-refs.js';
import { type ShellHome, shellHome } from '../support/shell-home.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });

const system = '/usr/bin:/bin';
const ending = 'whose "codex auth logout" ends the login';

/** What may stand between a person and "codex auth", with the PATH of the shell they are in. */
const wirings: readonly [string, (at: ShellHome) => Promise<string>, { message: string; command: string } | string][] =
  [
    ['no codex at all', async () => system, 'there is no codex on PATH'],
    [
      'the official client without setup',
      async (at) => at.variables['PATH'] ?? '',
      { message: `"codex auth" reaches the official client (<clients>/codex), ${ending}`, command: 'codex-auth setup' },
    ],
    ['setup, and a shell that was started after it', async (at) => installed(at), 'reaches this program'],
    [
      'setup, and a shell that was started before it',
      async (at) => installed(at, at.variables['PATH']),
      {
        message: `this shell is older than the setup: "codex auth" reaches the official client (<clients>/codex), ${ending}`,
        command: 'open a new terminal',
      },
    ],
    [
      'a shim that no shell has on PATH',
      async (at) => {
        await installed(at);
        for (const name of ['.bashrc', '.profile']) rmSync(at.file(name));
        return at.variables['PATH'] ?? '';
      },
      {
        message: `no shell has the shim on its PATH: "codex auth" reaches the official client (<clients>/codex), ${ending}`,
        command: 'codex-auth setup',
      },
    ],
    [
      'another directory before that of the shim',
      async (at) => installed(at, `${at.clients}:${at.bin}:${system}`),
      {
        message: `another directory comes before the shim on PATH: "codex auth" reaches the official client (<clients>/codex), ${ending}`,
        command:
          'codex-auth setup --undo, then codex-auth setup, so that its lines come last in the files of your shell',
      },
    ],
    [
      'a shim that cannot be executed',
      async (at) => {
        const path = await installed(at);
        chmodSync(at.shim, 0o644);
        return path;
      },
      {
        message: `the shim cannot be executed: "codex auth" reaches the official client (<clients>/codex), ${ending}`,
        command: 'codex-auth setup',
      },
    ],
    [
      'a shim for a program that is gone',
      async (at) => {
        const path = await installed(at);
        const text = readFileSync(at.shim, 'utf8').replace(
          /^codex_auth_script=.*$/m,
          "codex_auth_script='/gone/codex-auth.js'",
        );
        writeFileSync(at.shim, text);
        return path;
      },
      { message: '<bin>/codex hands "codex auth" to /gone/codex-auth.js, which is gone', command: 'codex-auth setup' },
    ],
    [
      'setup of another root',
      async (at) => {
        const path = await installed(at);
        const other = join(at.home.directory, 'other-root', 'bin');
        mkdirSync(other, { recursive: true });
        writeFileSync(join(other, 'codex'), readFileSync(at.shim), { mode: 0o755 });
        return `${other}:${path}`;
      },
      'reaches this program',
    ],
  ];

async function installed(at: ShellHome, path = at.newPath): Promise<string> {
  await at.run('setup', '--yes');
  return path;
}

describe('with', () => {
  it.each(wirings)('%s, doctor says so, and login warns while the login is in danger', async (_, arrange, expected) => {
    const at = shellHome({}, provider);
    const variables = { ...at.variables, PATH: await arrange(at) };
    const plain = (text: string) => text.replaceAll(at.clients, '<clients>').replaceAll(at.bin, '<bin>');

    const { document } = await runJson(at.home, ['doctor', '--offline'], { variables });
    const { status, message, commands } = document.data.checks.find(({ id }: { id: string }) => id === 'wiring');
    expect({ status, message: plain(message), commands }).toEqual(
      typeof expected === 'string'
        ? { status: 'ok', message: expected, commands: [] }
        : { status: 'warn', message: expected.message, commands: [expected.command] },
    );

    const { stderr, exitCode } = await withLogin(
      at.home,
      provider,
      async ({ callbackUrlOf }) => fetch(await callbackUrlOf(alice)),
      [],
      { variables },
    );
    expect(exitCode).toBe(0);
    const warnings = stderr.split('\n').filter((line) => line.includes('warning: ') && line.includes('"codex auth"'));
    expect(warnings.map(plain)).toEqual(
      typeof expected === 'string' ? [] : [`warning: ${expected.message}: ${expected.command}`],
    );
  });
});

it('setup cures what doctor sends it to cure', async () => {
  const at = shellHome();
  await installed(at);
  chmodSync(at.shim, 0o644);
  await at.run('setup', '--yes');
  const { document } = await runJson(at.home, ['doctor', '--offline'], {
    variables: { ...at.variables, PATH: at.newPath },
  });
  expect(document.data.checks.find(({ id }: { id: string }) => id === 'wiring').status).toBe('ok');
});

it('doctor asks the official client behind the shim for its version, not the shim in front of nothing', async () => {
  const at = shellHome();
  const path = await installed(at);
  const client = async (PATH: string) => {
    const { document } = await runJson(at.home, ['doctor', '--offline'], { variables: { ...at.variables, PATH } });
    return document.data.checks.find(({ id }: { id: string }) => id === 'client').message;
  };
  expect(await client(path)).toBe('codex-cli 0.169.0');
  expect(await client(`${at.bin}:${system}`)).toBe('not on PATH');
});

describe('called as "codex auth"', () => {
  const called = { CODEX_AUTH_INVOKED_AS: 'codex auth' };
  it.each([
    [['--help'], /^Usage: codex auth \[options\] \[command\]$[\s\S]*^ {2}\$ codex auth login$/m],
    [['switch', '--help'], /^Usage: codex auth switch\|use [\s\S]*^ {2}\$ codex auth switch /m],
    [['help', 'config', 'set'], /^Usage: codex auth config set /m],
    [[], /^Usage: codex auth /m],
  ])('help of %j says so', async (argv, expected) => {
    const { stdout } = await runCli(shellHome().home, argv, { variables: called });
    expect(stdout).toMatch(expected);
    expect(stdout).not.toMatch(/codex-auth (?!completion)[a-z[-]/);
  });

  it('hints and results say so, as text and as JSON', async () => {
    const { home } = shellHome();
    const text = await runCli(home, ['switch', '1'], { variables: called });
    expect(text.stderr).toContain('→ codex auth login');
    const json = await runJson(home, ['logout'], { variables: called });
    expect(json.document).toMatchObject({
      schema: 'codex-auth.error/1',
      error: { hint: 'codex auth switch <account>, or codex auth remove <account>' },
    });
    const { document } = await runJson(home, ['doctor', '--offline'], { variables: { ...called, PATH: system } });
    expect(JSON.stringify(document)).not.toMatch(/codex-auth [a-z]+/);
  });

  it('what a program reads keeps its names', async () => {
    const { home } = shellHome();
    for (const argv of [
      ['completion', 'zsh'],
      ['setup', '--print', 'bash'],
    ]) {
      const plain = await runCli(home, argv);
      expect(await runCli(home, argv, { variables: called })).toEqual(plain);
    }
  });
});
