import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { uninstallCommand } from '../../src/cli/commands/uninstall.js';
import { systemClock } from '../../src/core/clock.js';
import { withLock } from '../../src/core/storage/file-lock.js';
import { rootPaths } from '../../src/core/storage/paths.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import { keys, runWithAnswers } from '../support/answers.js';
import { runBuilt, runBuiltJson } from '../support/built.js';
import { alice as aliceThere, RefreshHome } from '../support/refresh-home.js';
import { alice, bob, writeLogin, writePool } from '../support/sample-pool.js';
import { type ShellHome, shellHome } from '../support/shell-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

/** Two accounts in two scopes, one of them in auth.json, and everything that use leaves behind. */
async function used(): Promise<ShellHome & { readonly traces: string[]; readonly credentials: string[] }> {
  const at = shellHome();
  const { home } = at;
  const below = (name: string) => join(home.root, name);
  const put = (name: string) => {
    mkdirSync(dirname(below(name)), { recursive: true });
    writeFileSync(below(name), '{}');
    return below(name);
  };
  writeLogin(home, alice);
  const pools = [writePool(home, [alice]), writePool(home, [bob], {}, 'project-0123456789ab')];
  await at.run('setup', '--yes');
  const others = [
    'refresh-journal/1790000000000-0123456789ab.json',
    'kept/auth-2026-11-21T10-00-00-000Z.json',
    'lineage.ndjson',
    'settings.json',
  ].map(put);
  const backups = ['openai-codex-accounts.json.bak', 'openai-codex-accounts.json.pre-v3.bak'].map(put);
  const known = ['account-state.json', 'quota-history.ndjson', 'cache/list-0'].map(put);
  const traces = [...known, put('locks/store.held/stray'), at.shim];
  return { ...at, traces, credentials: [...pools, ...others, ...backups] };
}

const present = (paths: readonly string[]) => paths.filter((path) => existsSync(path));

describe('uninstall', () => {
  it('takes out what setup put in, caches and locks, and leaves the accounts and the login in use', async () => {
    const at = await used();
    at.write('.zshrc', 'source <(codex-auth completion zsh)\n');
    const auth = readFileSync(at.home.authFile, 'utf8');
    const { exitCode, stdout } = await at.run('uninstall', '--yes');
    expect(exitCode).toBe(0);
    expect(present(at.traces)).toEqual([]);
    expect(
      present([
        at.bin,
        join(at.home.root, 'locks'),
        join(at.home.root, 'cache'),
        at.file('.bashrc'),
        at.file('.profile'),
      ]),
    ).toEqual([]);
    expect(present(at.credentials)).toEqual(at.credentials);
    expect(readFileSync(at.home.authFile, 'utf8')).toBe(auth);
    const [, stays = ''] = stdout.split('What stays\n');
    expect(stays.replaceAll(at.home.directory, '<home>').replace(/\S+bin\/codex-auth\.js/, '<program>')).toBe(
      [
        '  <home>/codex/multi-auth  2 accounts and the settings; to remove them too: codex-auth uninstall --accounts',
        '  <home>/person/.zshrc  loads the completion of codex-auth: take that line out',
        '  <home>/codex/auth.json  the login of the official client',
        '  <program>  this program: npm uninstall -g codex-auth\n',
      ].join('\n'),
    );
    expect((await at.run('uninstall')).stdout).toContain('There is nothing to remove');
  });

  it('removes the accounts as well where it is told to, says where they live on, and never touches auth.json', async () => {
    const at = await used();
    const auth = readFileSync(at.home.authFile, 'utf8');
    const { exitCode, stdout } = await at.run('uninstall', '--accounts', '--yes');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('✓ Removed 2 accounts. Their logins live on at the provider.\n');
    expect(existsSync(at.home.root)).toBe(false);
    expect(readFileSync(at.home.authFile, 'utf8')).toBe(auth);
    expect(stdout.split('What stays\n')[1]).not.toContain('account');
  });

  it('asks first, and names what would be lost', async () => {
    const at = await used();
    const all = [...at.traces, ...at.credentials];
    const options = { variables: at.variables };
    const no = await runWithAnswers(
      at.home,
      ['uninstall', '--accounts'],
      [[/Remove 2 accounts for good\? Their logins live on at the provider\./, keys.enter]],
      options,
    );
    expect({ exitCode: no.exitCode, present: present(all) }).toEqual({ exitCode: 1, present: all });
    // A line breaks before a path that does not fit.
    expect(no.stderr.replace(/\s+/g, ' ')).toContain(`remove ${at.home.poolFile}`);
    const yes = await runWithAnswers(at.home, ['uninstall'], [[/Go ahead\?/, keys.enter]], options);
    expect({ exitCode: yes.exitCode, present: present(all) }).toEqual({ exitCode: 0, present: at.credentials });
  });

  it('without a terminal needs --yes', async () => {
    const at = await used();
    const all = [...at.traces, ...at.credentials];
    expect(await at.run('uninstall', '--accounts')).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr:
        'error: uninstall would remove 2 accounts for good\n  → add --yes; to see the files first: codex-auth uninstall --accounts --dry-run\n',
    });
    const plain = await at.run('uninstall');
    expect(plain.exitCode).toBe(2);
    expect(plain.stderr).toMatch(/^error: uninstall would change or remove \d+ files\n/);
    expect((await at.run('uninstall', '--dry-run')).stdout).toMatch(
      /^It would\n( {2}(take|remove) .*\n)+\nWhat stays\n/,
    );
    expect((await shellHome().run('uninstall', '--dry-run')).stdout).toMatch(/^✓ There is nothing to remove\n/);
    const { document } = await at.json('uninstall', '--accounts', '--dry-run');
    expect(document.data).toMatchObject({ dryRun: true, accounts: 2, accountsRemoved: false });
    expect(document.data.removed).toEqual(expect.arrayContaining([at.shim, at.home.poolFile]));
    expect(present(all)).toEqual(all);
  });

  it('leaves what is not ours in our directories, and names it', async () => {
    const at = await used();
    const others = [
      join(at.home.root, 'notes.txt'),
      join(at.home.root, 'projects', 'project-0123456789ab', 'mine.json'),
    ];
    for (const path of others) writeFileSync(path, 'mine');
    const { document } = await at.json('uninstall', '--accounts', '--yes');
    expect(present(others)).toEqual(others);
    const left: { path: string; what: string }[] = document.data.left;
    expect(left.filter(({ what }) => what === 'not made by this program').map(({ path }) => path)).toEqual(others);
    expect(present(at.credentials)).toEqual([]);
  });

  it('removes a linked pool with what the link leads to, and no linked directory', async () => {
    const at = shellHome();
    const [elsewhere, shared] = ['pool.json', 'shared'].map((name) => join(at.home.directory, name)) as [
      string,
      string,
    ];
    mkdirSync(at.home.root, { recursive: true });
    mkdirSync(shared);
    writeFileSync(elsewhere, readFileSync(writePool(at.home, [alice], {}, 'x-0123456789ab')));
    writeFileSync(join(shared, 'photo.jpg'), '');
    symlinkSync(elsewhere, at.home.poolFile);
    symlinkSync(shared, join(at.home.root, 'kept'));
    await at.run('uninstall', '--accounts', '--yes');
    expect(present([elsewhere, at.home.poolFile, join(shared, 'photo.jpg')])).toEqual([join(shared, 'photo.jpg')]);
  });

  it('refuses while another process is at work on the accounts, and removes nothing', async () => {
    const at = await used();
    const options = {
      directory: rootPaths(at.home.root).locks,
      clock: systemClock,
      processes: systemProcesses,
      waitMs: 1_000,
    };
    const all = [at.shim, ...at.credentials];
    const { exitCode, stderr } = await withLock('refresh-somebody', options, () =>
      at.run('uninstall', '--accounts', '--yes'),
    );
    expect({ exitCode, present: present(all) }).toEqual({ exitCode: 6, present: all });
    expect(stderr).toContain(`another codex-auth (pid ${process.pid}) is at work here`);
  });

  it('does nothing, and makes nothing, where there is nothing', async () => {
    const at = shellHome();
    const { exitCode, stdout } = await at.run('uninstall', '--accounts');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('There is nothing to remove');
    expect(existsSync(at.home.root)).toBe(false);
  });

  it('its JSON is of the published shape', async () => {
    const at = await used();
    for (const argv of [['--dry-run'], ['--accounts', '--yes'], []]) {
      const { document } = await at.json('uninstall', ...argv);
      expect(uninstallCommand.schema.parse(document.data)).toEqual(document.data);
    }
  });
});

describe('uninstall after real runs', () => {
  const provider = useProvider();

  it('knows what they have left as its own: entries of the journal, and what only saves time', async () => {
    const seeded = new RefreshHome(temporaryDirectory(), provider);
    const { home } = seeded;
    await seeded.addAccount('acc_alice', { ...aliceThere, expiresInSeconds: -60 });
    provider.scenario.on('token', { kind: 'resetAfterProcessing' }, { times: 1 });
    for (const line of [
      'check',
      'list',
      'list --plain',
      'status',
      'label 1 x',
      'switch 1 --help',
      '__complete -- swi',
    ]) {
      await runBuilt(home, line.split(' '));
    }
    expect(readdirSync(seeded.root.paths.journal)).toHaveLength(1);
    expect(readdirSync(join(home.root, 'cache')).length).toBeGreaterThan(3);
    const { document } = await runBuiltJson(home, ['uninstall', '--accounts', '--yes']);
    expect(document.data.left.filter(({ what }: { what: string }) => what === 'not made by this program')).toEqual([]);
    expect(existsSync(home.root)).toBe(false);
  });
});
