import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountName } from '../../src/core/codex/credential-store.js';
import { runBuilt, runBuiltJson } from '../support/built.js';
import { createTestHome } from '../support/cli.js';
import { builtProject } from '../support/program-process.js';
import { findRealCodex, type RealCodexHome, realCodexHome, runCodex } from '../support/real-codex.js';
import { alice, carol, RefreshHome } from '../support/refresh-home.js';
import { alice as sampleAlice, writePool } from '../support/sample-pool.js';
import { missingForKeyring, readEntry, type SecretService, startSecretService } from '../support/secret-service.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const missing = missingForKeyring();
const codex = findRealCodex();
const reason = missing ?? ('missing' in codex ? codex.missing : undefined);
const [noKeyring, noClient] = [missing, reason].map((why) => (why === undefined ? '' : ` (skipped: ${why})`));

/** The official client refreshes within five minutes of the end of an access token, we with `variables` within one. */
const dueForTheClient = 120;
const dueForUs = 30;

describe.skipIf(missing !== undefined)(`the login of the official client in the keyring${noKeyring}`, () => {
  const provider = useProvider({ keepsState: true });
  let service: SecretService;
  let client: RealCodexHome;
  let own: RefreshHome;
  beforeEach(async () => {
    const directory = temporaryDirectory();
    service = await startSecretService(directory);
    client = realCodexHome(directory, provider);
    own = new RefreshHome(directory, provider, { codexHome: client.codexHome });
    configure('keyring');
  });
  afterEach(async () => {
    await service.stop();
    provider.reset();
  });

  function configure(mode: string): void {
    const path = join(client.codexHome, 'config.toml');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/^cli_auth_credentials_store = .*$/m, `cli_auth_credentials_store = "${mode}"`));
  }

  /** We do not refresh ahead of the client here, so that it refreshes by itself. */
  const variables = () => ({ ...service.variables, CODEX_AUTH_REFRESH_AHEAD_MS: '0' });
  const run = (...argv: string[]) => runBuiltJson(own.home, argv, { variables: variables() });
  const runClient = (...argv: string[]) =>
    runCodex(argv, { home: { ...client, env: { ...client.env, ...service.variables } } });
  const stored = () => readEntry(accountName(client.codexHome), service);
  const storedTokens = () => JSON.parse(stored() ?? '{}').tokens;

  async function switchTo(id: string) {
    const { exitCode, document } = await run('switch', id);
    expect(exitCode, JSON.stringify(document)).toBe(0);
    return document.data;
  }

  it('is replaced there, as one line, and read back by status, list and doctor; no file appears', async () => {
    const { refresh_token } = await own.addAccount('acc_alice', alice);
    await own.addAccount('acc_carol', carol);
    expect(await switchTo('acc_alice')).toMatchObject({ store: 'keyring', changed: true });
    expect(await switchTo('acc_alice')).toMatchObject({ store: 'keyring', changed: false });

    expect(JSON.stringify(JSON.parse(stored() ?? ''))).toBe(stored());
    expect(JSON.parse(stored() ?? '')).toMatchObject({ auth_mode: 'chatgpt', tokens: { refresh_token } });
    expect(existsSync(client.authFile)).toBe(false);

    expect((await run('list')).document.data.activeId).toBe('acc_alice');
    const status = await run('status');
    expect(status).toMatchObject({
      exitCode: 0,
      document: {
        warnings: [],
        data: { authFile: { store: 'keyring', holds: 'account' }, account: { id: 'acc_alice' } },
      },
    });
    const text = await runBuilt(own.home, ['status'], { variables: service.variables });
    expect(text.stdout).toMatch(/Login +in the keyring of this system/);
    const { document } = await run('doctor', '--offline');
    const row = (id: string) => document.data.checks.find((check: { id: string }) => check.id === id);
    expect([row('credential-store'), row('auth-file'), row('active-account')]).toMatchObject([
      { status: 'ok', message: 'keyring' },
      { status: 'ok' },
      { status: 'ok' },
    ]);
  });

  it('gets the tokens that we refresh while no client runs', async () => {
    const { refresh_token } = await own.addAccount('acc_alice', { ...alice, expiresInSeconds: dueForUs });
    await switchTo('acc_alice');
    expect((await run('check')).exitCode).toBe(0);
    expect(provider.requests.refreshes()).toHaveLength(1);
    expect(storedTokens().refresh_token).not.toBe(refresh_token);
    expect(storedTokens().refresh_token).toBe(own.record('acc_alice').refreshToken);
  });

  it('is called by its name, wherever it is spoken of', async () => {
    await own.addAccount('acc_carol', carol);
    const ofCarol = readFileSync(own.home.poolFile);
    await own.addAccount('acc_alice', alice);
    await switchTo('acc_alice');
    writeFileSync(own.home.poolFile, ofCarol);
    const { document } = await run('doctor', '--offline');
    const row = document.data.checks.find(({ id }: { id: string }) => id === 'active-account');
    expect(JSON.stringify(row)).toContain('alice@example.com, not stored yet');
    const { stderr } = await runBuilt(own.home, ['switch', 'acc_carol'], { variables: service.variables });
    expect(stderr).toContain('adopted alice@example.com, found in the keyring\n');
    const { stdout } = await runBuilt(own.home, ['doctor', '--offline', '--verbose'], { variables: service.variables });
    expect(stdout).toContain('carol@example.com, in the keyring');
  });

  it('is the only one that counts: a file that is left over is not looked at, and not touched', async () => {
    await own.addAccount('acc_alice', alice);
    const leftover = '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-of-the-file"}';
    writeFileSync(client.authFile, leftover);
    expect(await switchTo('acc_alice')).toMatchObject({ changed: true });
    expect((await run('status')).document.data.authFile.holds).toBe('account');
    expect(readFileSync(client.authFile, 'utf8')).toBe(leftover);
  });

  it('is in the file for "auto" until there is an entry, and in the keyring from then on', async () => {
    await own.addAccount('acc_alice', alice);
    await own.addAccount('acc_carol', carol);
    configure('auto');
    expect(await switchTo('acc_alice')).toMatchObject({ store: 'file' });
    expect([existsSync(client.authFile), stored()]).toEqual([true, null]);
    configure('keyring');
    await switchTo('acc_alice');
    configure('auto');
    expect(await switchTo('acc_carol')).toMatchObject({ store: 'keyring', previousId: 'acc_alice' });
    expect(storedTokens().account_id).toBe(carol.accountId);
    expect(JSON.parse(readFileSync(client.authFile, 'utf8')).tokens.account_id).toBe(alice.accountId);
  });

  it('that cannot be reached for a while keeps its entry: the switch to the file says that the entry counts later', async () => {
    await own.addAccount('acc_alice', alice);
    await own.addAccount('acc_carol', carol);
    await switchTo('acc_alice');
    const entry = stored();
    configure('auto');
    const unreachable = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(own.home.directory, 'no-bus')}` };
    const { document } = await runBuiltJson(own.home, ['switch', 'acc_carol'], { variables: unreachable });
    expect(document).toMatchObject({
      data: { store: 'file' },
      warnings: expect.arrayContaining([expect.stringContaining('an entry in it counts instead')]),
    });
    expect(stored()).toBe(entry);
    expect((await run('list')).document.data.activeId).toBe('acc_alice');
    expect(await switchTo('acc_carol')).toMatchObject({ store: 'keyring', previousId: 'acc_alice' });
  });

  describe.skipIf('missing' in codex)(`shared with the official client${noClient}`, () => {
    it('is read by it, and works', async () => {
      await own.addAccount('acc_alice', alice);
      await own.addAccount('acc_carol', carol);
      await switchTo('acc_alice');
      expect(await runClient('login', 'status')).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: 'Logged in using ChatGPT\n',
      });
      expect((await runClient('exec', '--skip-git-repo-check', 'hi')).stdout).toContain('Hello alice@example.com');
      await switchTo('acc_carol');
      expect((await runClient('exec', '--skip-git-repo-check', 'hi')).stdout).toContain('Hello carol@example.com');
      expect(provider.requests.refreshes()).toEqual([]);
    });

    it('is taken back with what the client has refreshed', async () => {
      await own.addAccount('acc_alice', { ...alice, expiresInSeconds: dueForTheClient });
      await own.addAccount('acc_carol', carol);
      await switchTo('acc_alice');
      expect((await runClient('exec', '--skip-git-repo-check', 'hi')).exitCode).toBe(0);
      expect(provider.requests.refreshes().map(({ status }) => status)).toEqual([200]);
      const refreshed = storedTokens();

      expect(await switchTo('acc_carol')).toMatchObject({ previousId: 'acc_alice', syncedBack: true });
      expect(own.record('acc_alice').refreshToken).toBe(refreshed.refresh_token);
      await switchTo('acc_alice');
      expect(storedTokens()).toEqual(refreshed);
    });

    it('that is an API key makes way only when that is said, and is kept', async () => {
      await own.addAccount('acc_alice', alice);
      const env = { ...client.env, ...service.variables };
      const path = 'path' in codex ? codex.path : '';
      expect(spawnSync(path, ['login', '--with-api-key'], { env, input: 'sk-of-the-client\n' }).status).toBe(0);
      const refused = await run('switch', 'acc_alice');
      expect(refused).toMatchObject({ exitCode: 2, document: { error: { code: 'confirmation-needed' } } });
      expect(refused.document.error.message).toContain('the keyring holds an API key');
      const { keptFile } = (await run('switch', 'acc_alice', '--replace')).document.data;
      expect(readFileSync(keptFile, 'utf8')).toContain('sk-of-the-client');
      expect(storedTokens().account_id).toBe(alice.accountId);
    });
  });
});

it('without the library for it, says so and changes nothing; a client that uses the file does not need it', () => {
  const directory = temporaryDirectory();
  for (const name of ['bin', 'dist', 'package.json']) {
    cpSync(join(builtProject(), name), join(directory, name), { recursive: true });
  }
  const home = createTestHome();
  writePool(home, [sampleAlice]);
  const run = (...argv: string[]) => {
    const program = [join(directory, 'bin', 'codex-auth.js'), ...argv];
    return spawnSync(process.execPath, program, { env: home.variables, cwd: home.cwd, encoding: 'utf8' });
  };
  const config = join(home.codexHome, 'config.toml');
  for (const mode of ['keyring', 'auto']) {
    writeFileSync(config, `cli_auth_credentials_store = "${mode}"\n`);
    const list = run('list');
    expect({ status: list.status, stderr: list.stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(
        /^warning: .*the library for that is not installed; set cli_auth_credentials_store = "file" in /,
      ),
    });
    expect(list.stdout).toContain('alice@example.com');
    const refused = run('switch', 'acc_alice');
    expect({ status: refused.status, stderr: refused.stderr.split('\n').slice(-3) }).toEqual({
      status: 6,
      stderr: [expect.stringContaining(`"file" in ${config}`), expect.stringContaining('help credential-store'), ''],
    });
    expect(existsSync(home.authFile)).toBe(false);
  }
  writeFileSync(config, 'cli_auth_credentials_store = "file"\n');
  expect(run('switch', 'acc_alice').status).toBe(0);
});
