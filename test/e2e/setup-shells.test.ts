import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBuilt } from '../support/built.js';
import { CLIENT_ID } from '../support/provider/client.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { findRealCodex, realCodexHome } from '../support/real-codex.js';
import { isMissing, type RealShell, shellPrograms, typeInShell } from '../support/real-shells.js';
import { alice, writePool } from '../support/sample-pool.js';
import { clientScript, type ShellHome, shellHome } from '../support/shell-home.js';
import { useProvider } from '../support/use-provider.js';

/** The environment of a terminal that a person opens. */
function terminal(at: ShellHome, shell: RealShell): Record<string, string> {
  return { ...at.home.variables, ...at.variables, SHELL: shellPrograms[shell], TERM: 'dumb' };
}

const builtSetup = (at: ShellHome, shell: RealShell, ...argv: string[]) =>
  runBuilt(at.home, ['setup', '--yes', ...argv], { variables: terminal(at, shell) });

/** What the stand-in for the official client was called with. */
function callsOf(at: ShellHome): string[] {
  const log = join(at.home.directory, 'client.log');
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
}

const shells = ['bash', 'zsh', 'fish'] as const;
const named = shells.map(
  (shell) => [isMissing(shell) ? `${shell} (skipped: it is not installed)` : shell, shell] as const,
);

describe.each(named)('in a fresh home, %s', (_, shell) => {
  it.skipIf(isMissing(shell))('reaches this program as "codex auth", and the official client as "codex"', async () => {
    const at = shellHome();
    writePool(at.home, [alice]);
    const before = at.picture();
    const env = terminal(at, shell);
    expect((await builtSetup(at, shell)).exitCode).toBe(0);

    const list = await typeInShell(shell, 'codex auth list', { env });
    expect({ exitCode: list.exitCode, stdout: list.stdout }).toMatchObject({ exitCode: 0 });
    expect(list.stdout).toContain('alice@example.com');
    const logout = await typeInShell(shell, 'codex auth logout', { env });
    expect(logout.exitCode).toBe(2);
    expect(logout.stderr).toContain('-> codex auth switch <account>, or codex auth remove <account>');
    expect(callsOf(at)).toEqual([]);

    const version = await typeInShell(shell, 'codex --version', { env });
    expect({ exitCode: version.exitCode, stdout: version.stdout }).toEqual({
      exitCode: 0,
      stdout: 'codex-cli 0.169.0\n',
    });
    expect(callsOf(at)).toEqual(['--version']);

    expect((await builtSetup(at, shell, '--undo')).exitCode).toBe(0);
    expect(at.picture()).toEqual(before);
    await typeInShell(shell, 'codex auth list', { env });
    expect(callsOf(at)).toEqual(['--version', 'auth list']);
  });

  it.skipIf(isMissing(shell))('does so in a shell within a shell, whose PATH does not grow', async () => {
    const at = shellHome();
    const env = terminal(at, shell);
    await builtSetup(at, shell);
    const show = shell === 'fish' ? 'string join : $PATH' : 'echo "$PATH"';
    const once = await typeInShell(shell, show, { env });
    const nested = await typeInShell(shell, `${shellPrograms[shell]} -ic '${show}'`, { env });
    expect(once.stdout).toContain(at.bin);
    expect(nested.stdout).toBe(once.stdout);
  });

  it.skipIf(isMissing(shell))('does so in a login shell', async () => {
    const at = shellHome();
    await builtSetup(at, shell);
    const flags = shell === 'bash' ? '-lc' : '-ic';
    const line = shell === 'zsh' ? `${shellPrograms.zsh} -lic 'codex auth logout'` : 'codex auth logout';
    const { exitCode } = await typeInShell(shell, line, { env: terminal(at, shell), flags });
    expect({ exitCode, calls: callsOf(at) }).toEqual({ exitCode: 2, calls: [] });
  });

  it.skipIf(isMissing(shell))('says so, and calls no official client, once this program is gone', async () => {
    const at = shellHome();
    const env = { ...terminal(at, shell), PATH: `${at.clients}:/bin` };
    await builtSetup(at, shell);
    const shim = readFileSync(at.shim, 'utf8').replace(/^codex_auth_script=.*$/m, "codex_auth_script='/gone.js'");
    writeFileSync(at.shim, shim);
    const { exitCode, stderr } = await typeInShell(shell, 'codex auth logout', { env });
    expect({ exitCode, calls: callsOf(at) }).toEqual({ exitCode: 127, calls: [] });
    expect(stderr).toContain('error: codex-auth is gone: there is no /gone.js');
  });
});

/** Puts a directory of another program, with an official client in it, first on PATH after setup. */
const laterClient = 'PATH="$HOME/later:$PATH"';

/** How zsh is told where its files are: by its environment, by `.zshenv` alone, or not at all. */
const zshPlaces = [
  { shell: 'bash', told: 'as it is', file: '.bashrc' },
  { shell: 'fish', told: 'as it is', file: '.config/fish/config.fish' },
  { shell: 'zsh', told: 'without ZDOTDIR', file: '.zshrc' },
  { shell: 'zsh', told: 'with ZDOTDIR exported', file: 'zsh/.zshrc', exported: 'zsh' },
  { shell: 'zsh', told: 'with ZDOTDIR in .zshenv only', file: 'zsh/.zshrc', own: 'ZDOTDIR=$HOME/zsh\n' },
] as const satisfies readonly { shell: RealShell; told: string; file: string; exported?: string; own?: string }[];

describe.each(zshPlaces)('$shell, $told', (place) => {
  const { shell, file } = place;
  const skipped = isMissing(shell) ? ' (skipped: it is not installed)' : '';

  it.skipIf(isMissing(shell))(
    `reaches this program also after another directory was put first, and undo leaves every byte${skipped}`,
    async () => {
      const at = shellHome();
      at.write('later/codex', clientScript, 0o755);
      if ('own' in place) at.write('.zshenv', place.own);
      at.write(file, '# mine, without a line end');
      const exported = 'exported' in place ? { ZDOTDIR: at.file(place.exported) } : {};
      const env = { ...terminal(at, shell), ...exported };
      const before = at.picture();
      const set = await runBuilt(at.home, ['setup', '--yes', '--shell', shell], { variables: env });
      expect({ exitCode: set.exitCode, stdout: set.stdout }).toEqual({
        exitCode: 0,
        stdout: expect.stringContaining(`"codex auth" reaches this program in every new`),
      });
      expect(at.read(file)).toContain('# >>> codex-auth');

      const later = shell === 'fish' ? 'set -gx PATH $HOME/later $PATH' : laterClient;
      const unaliased = shell === 'fish' ? '' : 'unalias codex; ';
      const line = `${unaliased}${later}; codex --version; codex auth logout`;
      const { exitCode, stdout, stderr } = await typeInShell(shell, shell === 'fish' ? line : `eval '${line}'`, {
        env,
      });
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: 'codex-cli 0.169.0\n' });
      expect(stderr).toContain('there is no logout');
      expect(callsOf(at).filter((call) => call.includes('auth'))).toEqual([]);

      expect((await runBuilt(at.home, ['setup', '--undo', '--yes'], { variables: env })).exitCode).toBe(0);
      expect(at.picture()).toEqual(before);
    },
    60_000,
  );
});

describe.each([
  { what: 'a function', own: 'codex() { env -u CODEX_AUTH_INVOKED_AS "$HOME/../clients/codex" "$@"; }' },
  { what: 'an alias', own: 'alias codex="codex --mine"' },
])('with $what of that name', ({ own }) => {
  it.skipIf(isMissing('bash'))(
    'setup says that a new shell does not reach this program, and breaks nothing',
    async () => {
      const at = shellHome();
      at.write('.bashrc', own);
      const { exitCode, stdout } = await builtSetup(at, 'bash', '--shell', 'bash');
      expect(exitCode).toBe(1);
      expect(stdout).toContain('"codex auth" does not reach this program in a new bash: an alias of that name');
      expect(stdout).toContain('codex-auth help codex-auth-reaches-the-official-client');
      expect(stdout).not.toContain('in every new');
      const shell = await typeInShell('bash', 'codex --version; echo done', { env: terminal(at, 'bash') });
      expect(shell).toMatchObject({ exitCode: 0, stdout: 'codex-cli 0.169.0\ndone\n' });
      expect(shell.stderr).not.toMatch(/syntax|unexpected/);
    },
  );
});

it.skipIf(isMissing('bash'))(
  'what a person has in .bashrc stays in force, and setup wins over directories it adds',
  async () => {
    const at = shellHome();
    at.write('.bashrc', `export MINE=kept\nexport PATH=${at.clients}:$PATH`);
    await builtSetup(at, 'bash');
    const { stdout } = await typeInShell('bash', 'echo "$MINE"; type -P codex', { env: terminal(at, 'bash') });
    expect(stdout).toBe(`kept\n${at.shim}\n`);
  },
);

const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

describe.skipIf('missing' in codex || isMissing('bash'))(`with the real official client behind the shim${why}`, () => {
  const provider = useProvider({ keepsState: true });

  it('"codex auth logout" ends no login, which without the shim it does', async () => {
    const at = shellHome();
    const real = realCodexHome(at.home.directory, provider);
    rmSync(join(at.clients, 'codex'));
    symlinkSync('path' in codex ? codex.path : '', join(at.clients, 'codex'));
    const env = { ...at.variables, ...real.env, PATH: at.variables['PATH'] ?? '', SHELL: shellPrograms.bash };
    const tokens = await provider.issueTokens({ email: 'alice@example.com', accountId: alice.accountId ?? '' });
    const login = {
      auth_mode: 'chatgpt',
      OPENAI_API_KEY: null,
      tokens: {
        ...tokens,
        oauth_provenance: { issuer: provider.issuer, client_id: CLIENT_ID },
        account_id: alice.accountId,
      },
      last_refresh: new Date().toISOString(),
    };
    writeFileSync(real.authFile, JSON.stringify(login), { mode: 0o600 });
    const home = { ...at.home, variables: env };
    expect((await runBuilt(home, ['setup', '--yes'])).exitCode).toBe(0);

    const version = await typeInShell('bash', 'codex --version', { env });
    expect(version).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^codex-cli \d/) });
    const status = await typeInShell('bash', 'codex login status', { env });
    expect(status).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Logged in using ChatGPT') });
    expect((await typeInShell('bash', 'codex auth logout', { env })).exitCode).toBe(2);
    expect(existsSync(real.authFile)).toBe(true);
    expect(provider.requests.all).toEqual([]);

    await runBuilt(home, ['setup', '--undo', '--yes']);
    await typeInShell('bash', 'codex auth logout', { env });
    expect(existsSync(real.authFile)).toBe(false);
    expect(provider.requests.to(endpointPaths.revoke)).toHaveLength(1);
  });
});
