import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { setupCommand } from '../../src/cli/commands/setup.js';
import { targetOf } from '../../src/core/shell/shim.js';
import { keys, runWithAnswers } from '../support/answers.js';
import { canMakeReadOnly, makeReadOnly } from '../support/read-only.js';
import { type ShellHome, shellHome } from '../support/shell-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { deadPid } from '../support/worlds.js';

const begin = '# >>> codex-auth';
const tidy = ({ home }: ShellHome, text: string) => text.replaceAll(home.directory, '<home>');
const count = (text: string, part: string) => text.split(part).length - 1;

describe('setup', () => {
  it('shows files and exact lines first, and does nothing without consent', async () => {
    const at = shellHome();
    at.write('.bashrc', 'alias ll=ls\n');
    const before = at.picture();
    const { stdout, exitCode } = await at.run('setup', '--dry-run');
    expect(exitCode).toBe(0);
    expect(tidy(at, stdout)).toMatchSnapshot();
    const refused = await at.run('setup');
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toBe(
      'error: setup would change 4 files\n  → add --yes; to see them first: codex-auth setup --dry-run\n',
    );
    expect(at.picture()).toEqual(before);
  });

  it('asks on a terminal, and does nothing on no', async () => {
    const at = shellHome();
    const before = at.picture();
    const options = { variables: at.variables };
    const no = await runWithAnswers(at.home, ['setup'], [[/Go ahead\?/, `n${keys.enter}`]], options);
    expect({ exitCode: no.exitCode, picture: at.picture() }).toEqual({ exitCode: 1, picture: before });
    expect(no.stderr).toMatch(/This will\n.*create .*\.bashrc\n +\+ # >>> codex-auth/s);
    const yes = await runWithAnswers(at.home, ['setup'], [[/Go ahead\?/, keys.enter]], options);
    expect(yes.exitCode).toBe(0);
    expect(existsSync(at.shim)).toBe(true);
  });

  it('installs a shim that anybody may run and that names this program, and says what follows', async () => {
    const at = shellHome();
    const { exitCode, stdout, stderr } = await at.run('setup', '--yes');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(tidy(at, stdout)).toBe(
      [
        '✓ Created <home>/codex/multi-auth/bin/.codex-auth-shim',
        '✓ Created <home>/codex/multi-auth/bin/codex',
        '✓ Created <home>/person/.bashrc',
        '✓ Created <home>/person/.profile',
        '  "codex auth" reaches this program in every new terminal; in this one, first: exec /bin/bash',
        '  To complete command lines with Tab as well: codex-auth completion bash --help\n',
      ].join('\n'),
    );
    expect(statSync(at.shim).mode & 0o777).toBe(0o755);
    expect(targetOf(at.shim)?.script).toMatch(/bin\/codex-auth\.js$/);
    expect(existsSync(targetOf(at.shim)?.script ?? '')).toBe(true);
  });

  it('names the shell that it was set up for, where that is another one than this', async () => {
    const at = shellHome();
    const other = await at.run('setup', '--yes', '--shell', 'zsh');
    expect(other.stdout).toContain('"codex auth" reaches this program in every new zsh; to start one: zsh\n');
    const { document } = await at.json('setup', '--shell', 'fish', 'bash', '--dry-run');
    expect(document.data.next).toBe('exec /bin/bash');
  });

  it('changes nothing the second time, and says so', async () => {
    const at = shellHome();
    await at.run('setup', '--yes');
    const before = at.picture();
    for (const argv of [['setup'], ['setup', '--yes']]) {
      const { exitCode, stdout } = await at.run(...argv);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('Everything is in place; nothing was changed.');
    }
    expect(at.picture()).toEqual(before);
  });

  it('puts right what is wrong with an older shim or block, and leaves the rest', async () => {
    const at = shellHome();
    at.write('.bashrc', 'before\n');
    await at.run('setup', '--yes');
    const installed = at.read('.bashrc');
    at.write('.bashrc', `${installed.replace(at.bin, '/an/older/root/bin')}after\n`);
    chmodSync(at.shim, 0o644);
    const { document } = await at.json('setup', '--yes');
    expect(document.data.changes.map(({ path, change }: Record<string, string>) => [path, change])).toEqual([
      [at.shim, 'change'],
      [at.file('.bashrc'), 'change'],
    ]);
    expect(at.read('.bashrc')).toBe(`${installed}after\n`);
    expect(statSync(at.shim).mode & 0o777).toBe(0o755);
  });

  it('warns where there is no official client for the shim to call', async () => {
    const at = shellHome({ variables: { PATH: '/usr/bin:/bin' } });
    expect((await at.run('setup', '--yes')).stderr).toBe(
      'warning: the official client is not on PATH; until it is, only "codex auth" works\n',
    );
  });

  it('warns where this program runs from the cache of npx, which does not last', async () => {
    const cache = join(temporaryDirectory(), '_npx', '0123456789abcdef');
    mkdirSync(cache, { recursive: true });
    symlinkSync(fileURLToPath(new URL('../../bin/codex-auth.js', import.meta.url)), join(cache, 'codex-auth'));
    const at = shellHome({ script: join(cache, 'codex-auth') });
    expect((await at.run('setup', '--yes')).stderr).toContain('npm install --global');
    expect(targetOf(at.shim)?.script).toBe(join(cache, 'codex-auth'));
  });

  it('sweeps what a killed run left beside a file of a shell, and nothing else', async () => {
    const at = shellHome();
    const left = at.write(`..bashrc.${deadPid()}-0-0123456789ab.tmp`, '');
    const other = at.write(`..vimrc.${deadPid()}-0-0123456789ab.tmp`, '');
    await at.run('setup', '--yes');
    expect([left, other].map((path) => existsSync(path))).toEqual([false, true]);
  });

  it('its JSON is of the published shape', async () => {
    const at = shellHome();
    for (const argv of [['--dry-run'], ['--yes'], ['--yes'], ['--print', 'fish'], ['--undo', '--yes']]) {
      const { document } = await at.json('setup', ...argv);
      expect(setupCommand.schema.parse(document.data)).toEqual(document.data);
    }
    const { document, exitCode } = await at.json('setup');
    expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 2, code: 'confirmation-needed' });
    expect(document.error.details.changes).toHaveLength(4);
  });
});

describe('the files of a shell', () => {
  const filesAfter = async (at: ShellHome, ...argv: string[]) => {
    const { document } = await at.json('setup', '--yes', ...argv);
    const changes: { path: string; part: string }[] = document.data.changes;
    return changes
      .filter(({ part }) => part === 'shell-file')
      .map(({ path }) => tidy(at, path).replace('<home>/person/', ''));
  };

  test.each<[string, string[], string[]]>([
    ['bash without any', [], ['.bashrc', '.profile']],
    ['bash with a .profile', ['.profile'], ['.bashrc', '.profile']],
    ['bash with a .bash_profile, which hides .profile', ['.profile', '.bash_profile'], ['.bashrc', '.bash_profile']],
    ['bash with a .bash_login', ['.bash_login', '.profile'], ['.bashrc', '.bash_login']],
  ])('%s', async (_, present, written) => {
    const at = shellHome();
    for (const name of present) at.write(name, '');
    expect(await filesAfter(at, '--shell', 'bash')).toEqual(written);
  });

  test('zsh, also where ZDOTDIR says', async () => {
    expect(await filesAfter(shellHome(), '--shell', 'zsh')).toEqual(['.zshrc']);
    const at = shellHome();
    const moved = shellHome({ variables: { ZDOTDIR: at.file('zsh') } });
    expect((await filesAfter(moved, '--shell', 'zsh'))[0]).toMatch(/person\/zsh\/\.zshrc$/);
  });

  test('fish has one of its own, unless there is a config.fish, whose end comes last', async () => {
    const at = shellHome();
    expect(await filesAfter(at, '--shell', 'fish')).toEqual(['.config/fish/conf.d/codex-auth.fish']);
    at.write('.config/fish/config.fish', 'set -g x 1\n');
    expect(await filesAfter(at, '--shell', 'fish')).toEqual([]);
    const other = shellHome();
    other.write('.config/fish/config.fish', 'set -g x 1\n');
    expect(await filesAfter(other, '--shell', 'fish')).toEqual(['.config/fish/config.fish']);
    const elsewhere = shellHome({ variables: { XDG_CONFIG_HOME: join(other.home.directory, 'xdg') } });
    expect((await filesAfter(elsewhere, '--shell', 'fish'))[0]).toMatch(/xdg\/fish\/conf\.d\/codex-auth\.fish$/);
  });

  test('PowerShell has a profile', async () => {
    expect(await filesAfter(shellHome(), '--shell', 'powershell')).toEqual(['.config/powershell/profile.ps1']);
  });

  it('are those of the login shell, and of other shells that are installed and used', async () => {
    const at = shellHome({ variables: { SHELL: '/usr/local/bin/zsh' } });
    writeFileSync(join(at.clients, 'fish'), '', { mode: 0o755 });
    expect(await filesAfter(at)).toEqual(['.zshrc']);
    at.write('.bashrc', '');
    at.write('.config/fish/config.fish', '');
    at.write('.config/powershell/profile.ps1', '');
    expect(await filesAfter(at)).toEqual(['.bashrc', '.profile', '.config/fish/config.fish']);
  });

  it('cannot be told where no shell is known', async () => {
    const at = shellHome({ variables: { SHELL: '/bin/tcsh' } });
    const { exitCode, stderr } = await at.run('setup', '--yes');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('→ name it: codex-auth setup --shell <bash|zsh|fish|powershell>');
  });

  it('get one block where two names lead to one of them', async () => {
    const at = shellHome();
    at.write('.bashrc', 'x=1\n');
    symlinkSync('.bashrc', at.file('.bash_profile'));
    await at.run('setup', '--yes');
    expect(count(at.read('.bashrc'), begin)).toBe(1);
  });

  it('keep their links and modes; what a link leads to is changed', async () => {
    const at = shellHome();
    at.write('dotfiles/bashrc', 'x=1\n', 0o640);
    symlinkSync('dotfiles/bashrc', at.file('.bashrc'));
    await at.run('setup', '--yes');
    expect(lstatSync(at.file('.bashrc')).isSymbolicLink()).toBe(true);
    expect(at.read('dotfiles/bashrc')).toContain(begin);
    expect(statSync(at.file('.bashrc')).mode & 0o777).toBe(0o640);
    expect(statSync(at.file('.profile')).mode & 0o777).toBe(0o644);
  });
});

describe('setup --undo', () => {
  const latin1 = Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]);
  it.each<[string, string | Buffer | undefined]>([
    ['plain', 'alias ll=ls\n'],
    ['without an end of its last line', 'alias ll=ls'],
    ['with line ends of Windows', 'a\r\nb\r\n'],
    ['with line ends of Windows but the last', 'a\r\nb'],
    ['empty', ''],
    ['of another encoding', latin1],
    ['not there', undefined],
  ])('gives back byte for byte a file that was %s', async (_, content) => {
    const at = shellHome();
    if (content !== undefined)
      for (const name of ['.bashrc', '.zshrc', '.config/fish/config.fish']) at.write(name, content, 0o600);
    const before = at.picture();
    const shells = ['bash', 'zsh', 'fish', 'powershell'];
    expect((await at.run('setup', '--yes', '--shell', ...shells)).exitCode).toBe(0);
    expect(at.picture()).not.toEqual(before);
    const { exitCode, stdout } = await at.run('setup', '--undo', '--yes');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('"codex auth logout" of the official client ends a login');
    expect(at.picture()).toEqual(before);
    expect((await at.run('setup', '--undo')).stdout).toBe('✓ There is nothing to undo; nothing was changed.\n');
  });

  it('takes out only the block of a file that was edited around it', async () => {
    const at = shellHome();
    at.write('.bashrc', 'one');
    await at.run('setup', '--yes');
    at.write('.bashrc', `zero\n${at.read('.bashrc')}two\n`);
    at.write('.profile', `${at.read('.profile')}mine\n`);
    await at.run('setup', '--undo', '--yes');
    expect(at.read('.bashrc')).toBe('zero\none\ntwo\n');
    expect(at.read('.profile')).toBe('mine\n');
  });

  it('shows the lines first, asks, and does one shell only when told', async () => {
    const at = shellHome();
    await at.run('setup', '--yes', '--shell', 'bash', 'zsh');
    expect((await at.run('setup', '--undo', '--dry-run')).stdout).toMatch(
      /change|remove .*\.bashrc\n +- # >>> codex-auth/,
    );
    expect((await at.run('setup', '--undo')).exitCode).toBe(2);
    await at.run('setup', '--undo', '--yes', '--shell', 'zsh');
    expect({
      zsh: existsSync(at.file('.zshrc')),
      bash: existsSync(at.file('.bashrc')),
      shim: existsSync(at.shim),
    }).toEqual({
      ...{ zsh: false, bash: true, shim: true },
    });
  });

  it('leaves a program of the same name that is not ours', async () => {
    const at = shellHome();
    await at.run('setup', '--yes');
    writeFileSync(at.shim, '#!/bin/sh\necho mine\n');
    await at.run('setup', '--undo', '--yes');
    expect(readFileSync(at.shim, 'utf8')).toContain('mine');
    expect(existsSync(at.file('.bashrc'))).toBe(false);
  });
});

describe('setup --print', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'] as const)(
    'prints the lines for %s, and does nothing',
    async (shell) => {
      const at = shellHome();
      const before = at.picture();
      const { stdout, stderr, exitCode } = await at.run('setup', '--print', shell);
      expect({ stderr, exitCode, picture: at.picture() }).toEqual({ stderr: '', exitCode: 0, picture: before });
      expect(tidy(at, stdout)).toMatchSnapshot();
    },
  );

  it('prints the directory as it is spelled', async () => {
    const at = shellHome({ variables: { CODEX_MULTI_AUTH_DIR: '/nonexistent/josé' } });
    expect((await at.run('setup', '--print', 'zsh')).stdout).toContain("codex_auth_bin='/nonexistent/josé/bin'\n");
  });

  it('and anything that changes files exclude each other', async () => {
    for (const other of [['--undo'], ['--yes'], ['--shell', 'bash']]) {
      expect((await shellHome().run('setup', '--print', 'bash', ...other)).exitCode).toBe(2);
    }
  });
});

test('a file that cannot be changed needs no change once the lines are in it', async () => {
  const at = shellHome();
  for (const name of ['.bashrc', '.profile']) at.write(name, (await at.run('setup', '--print', 'bash')).stdout, 0o444);
  const before = at.picture();
  expect((await at.run('setup', '--yes')).exitCode).toBe(0);
  expect(at.picture()).toEqual({ ...(before as object), hasShim: true });
});

describe('where a file cannot be changed, setup ends with 6, names it, and has done nothing', () => {
  async function refused(at: ShellHome, path: string, ...argv: string[]) {
    const before = at.picture();
    const { exitCode, stderr } = await at.run('setup', '--yes', ...argv);
    expect({ exitCode, names: stderr.includes(path) }).toEqual({ exitCode: 6, names: true });
    expect(at.picture()).toEqual(before);
    return stderr;
  }

  it('because it is read-only', async () => {
    const at = shellHome();
    expect(await refused(at, at.write('.profile', 'x\n', 0o444))).toContain('it is read-only');
  });

  it('and says what to do by hand, which is the opposite with --undo', async () => {
    const at = shellHome();
    const lines = (await at.run('setup', '--print', 'bash')).stdout;
    const path = at.write('.profile', lines, 0o444);
    expect(await refused(at, path, '--undo')).toContain('take out the lines between "# >>> codex-auth"');
    at.write('.profile', 'x\n', 0o444);
    expect(await refused(at, path)).toContain('put the lines of codex-auth setup --print bash there yourself');
  });

  it.skipIf(!canMakeReadOnly)('because its place cannot be written', async () => {
    const at = shellHome();
    const release = makeReadOnly(at.write('zsh/.zshrc', 'x\n'));
    try {
      symlinkSync('zsh/.zshrc', at.file('.zshrc'));
      await refused(at, at.file('.zshrc'), '--shell', 'bash', 'zsh');
    } finally {
      release();
    }
  });

  it('because it is no file', async () => {
    const at = shellHome();
    mkdirSync(at.file('.profile'));
    await refused(at, at.file('.profile'));
    const other = shellHome();
    symlinkSync('/dev/null', other.file('.bashrc'));
    expect(await refused(other, other.file('.bashrc'))).toContain('it is not a regular file');
  });

  it('because its disk is not there', async () => {
    const at = shellHome();
    symlinkSync('/nonexistent/disk/bashrc', at.file('.bashrc'));
    await refused(at, at.file('.bashrc'));
  });

  it('because it has only one half of our block', async () => {
    const at = shellHome();
    expect(await refused(at, at.write('.bashrc', `${begin} >>>\nx\n`))).toContain('only one of the two marks');
  });

  it('because it is UTF-16', async () => {
    const at = shellHome();
    const path = at.write('.config/powershell/profile.ps1', Buffer.from('\ufeff$x = 1\n', 'utf16le'));
    expect(await refused(at, path, '--shell', 'powershell')).toContain('codex-auth setup --print powershell');
  });

  it('because a program that is not ours has the name of the shim', async () => {
    const at = shellHome();
    mkdirSync(at.bin, { recursive: true });
    writeFileSync(at.shim, '#!/bin/sh\n', { mode: 0o755 });
    expect(await refused(at, at.shim)).toContain('codex-auth did not make it');
    expect(readFileSync(at.shim, 'utf8')).toBe('#!/bin/sh\n');
  });
});

it('refuses a directory that cannot be on PATH', async () => {
  const at = shellHome({ variables: { CODEX_MULTI_AUTH_DIR: '/nonexistent/a:b' } });
  const { exitCode, stderr } = await at.run('setup', '--yes');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('/nonexistent/a:b/bin cannot be on PATH');
});

it('refuses a relative root, which every shell would count from somewhere else', async () => {
  const at = shellHome({ variables: { CODEX_MULTI_AUTH_DIR: 'accounts' } });
  const { exitCode, stderr } = await at.run('setup', '--yes');
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`set CODEX_MULTI_AUTH_DIR to ${at.home.cwd}/accounts`);
});

describe('setup --segment', () => {
  it('shows the lines first, adds them once, keeps them at the next setup, and takes all of them out again', async () => {
    const at = shellHome();
    at.write('.bashrc', 'alias ll=ls');
    at.write('.tmux.conf', 'set -g mouse on\n');
    const before = at.picture();
    const where = ['bash', 'tmux', 'starship'];
    const { stdout } = await at.run('setup', '--dry-run', '--segment', ...where);
    expect(stdout).toContain('segment --format bash 2>/dev/null; }');
    expect(stdout).toContain('+ set -ga status-right " #(');
    expect(stdout).toContain('+ [custom.codex_auth_segment]');
    expect(at.picture()).toEqual(before);

    expect((await at.run('setup', '--yes', '--segment', ...where)).exitCode).toBe(0);
    const after = at.picture();
    for (const name of ['.bashrc', '.tmux.conf', '.config/starship.toml']) {
      expect(count(at.read(name), ' segment --format ')).toBe(1);
      expect(count(at.read(name), begin)).toBe(1);
    }
    expect(at.read('.profile')).not.toContain('segment');
    for (const again of [['--segment', ...where], []]) {
      const { document } = await at.json('setup', '--yes', ...again);
      expect(document.data.changes).toEqual([]);
    }
    expect(at.picture()).toEqual(after);
    expect((await at.run('setup', '--undo', '--yes')).exitCode).toBe(0);
    expect(at.picture()).toEqual(before);
  });

  it('refuses a file that cannot be understood before anything is written', async () => {
    const at = shellHome();
    at.write('.tmux.conf', '# >>> codex-auth >>>\nset -g mouse on\n');
    const before = at.picture();
    expect((await at.run('setup', '--yes', '--segment', 'tmux')).exitCode).toBe(6);
    expect(at.picture()).toEqual(before);
    expect((await at.run('setup', '--yes', '--segment', 'csh')).exitCode).toBe(2);
  });
});
