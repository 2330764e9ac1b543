import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readClaims } from '../../src/core/accounts/jwt-claims.js';
import { definedOnly } from '../../src/core/defined-only.js';
import { fingerprint } from '../../src/core/lineage/journal.js';
import { openEntry } from '../../src/core/lineage/open-entry.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import type { CliOptions } from './cli.js';
import type { TokenSet } from './provider/grants.js';
import { alice, aliceAtStudio, bob, carol, type RefreshHome } from './refresh-home.js';
import { writeFlatFile } from './token-files.js';

/** What a world starts from: two accounts, the first of them in `auth.json`, nothing wrong. */
export interface Healthy {
  readonly world: RefreshHome;
  readonly first: TokenSet;
  readonly second: TokenSet;
}

export interface BrokenWorld {
  readonly name: string;
  /** May return what the doctor has to be told about where it runs. */
  readonly plant: (healthy: Healthy) => Planted | Promise<Planted>;
  /** The rows that must not be fine, and nothing else. */
  readonly finds: Readonly<Record<string, 'warn' | 'error'>>;
  /** What the message of a row must name. */
  readonly says?: Readonly<Record<string, RegExp>>;
  /** The rows that are still not fine after `--fix`: only a person can mend them. */
  readonly remains?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** What must hold after `--fix`. */
  readonly holds?: (healthy: Healthy) => void;
}

// biome-ignore lint/suspicious/noConfusingVoidType: most worlds have nothing to return
type Planted = void | Pick<CliOptions, 'cwd' | 'variables'>;

export async function healthyWorld(world: RefreshHome): Promise<Healthy> {
  // Long enough ago that whatever a world does afterwards is newer by the server's clock, which counts seconds.
  const issuedAt = Date.now() - 120_000;
  const first = await world.addAccount('acc_first', { ...alice, issuedAt });
  const second = await world.addAccount('acc_second', { ...bob, issuedAt });
  world.writeAuthFile(first);
  for (const path of [world.home.root, world.home.codexHome]) chmodSync(path, 0o700);
  chmodSync(world.home.poolFile, 0o600);
  copyFileSync(world.home.poolFile, `${world.home.poolFile}.bak`);
  chmodSync(`${world.home.poolFile}.bak`, 0o600);
  return { world, first, second };
}

export const deadPid = (): number => {
  const { pid } = spawnSync('true');
  return pid;
};

export interface Pool {
  accounts: Record<string, unknown>[];
  [key: string]: unknown;
}

export function pool(world: RefreshHome): Pool {
  return JSON.parse(readFileSync(world.home.poolFile, 'utf8'));
}

export function writePrivate(path: string, value: unknown): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o600 });
}

export function changePool(world: RefreshHome, change: (current: Pool) => void): void {
  const current = pool(world);
  change(current);
  writePrivate(world.home.poolFile, current);
}
function changeAuthFile({ world }: Healthy, change: (file: Record<string, Record<string, unknown>>) => void): void {
  const file = JSON.parse(readFileSync(world.home.authFile, 'utf8'));
  change(file);
  writePrivate(world.home.authFile, JSON.stringify(file, null, 2));
}

function config({ world }: Healthy, content: string): void {
  writePrivate(join(world.home.codexHome, 'config.toml'), content);
}

function state(world: RefreshHome, accounts: Record<string, unknown>): void {
  writePrivate(join(world.home.root, 'account-state.json'), { version: 1, accounts, affinity: {} });
}

const sick = () => ({ health: { score: 10, at: Date.now(), consecutiveRefreshFailures: 0 } });

function header(spent: string | undefined) {
  return {
    kind: 'refresh' as const,
    startedAt: Date.now(),
    accountIds: ['acc_first'],
    issuer: 'https://auth.openai.com',
    clientId: 'app',
    ...(spent === undefined ? {} : { spent }),
  };
}

/** A process that has ended, as the owner of a journal entry. */
function endedProcesses() {
  return {
    ...systemProcesses,
    self: { ...systemProcesses.self, pid: deadPid(), startedAt: '1' },
    stateOf: () => 'dead' as const,
  };
}

function journal({ world }: Healthy): string {
  return join(world.home.root, 'refresh-journal');
}

export const brokenWorlds: readonly BrokenWorld[] = [
  {
    name: 'a pool that others can read',
    plant: ({ world }) => chmodSync(world.home.poolFile, 0o644),
    finds: { permissions: 'error' },
  },
  {
    name: 'a root that others can enter',
    plant: ({ world }) => chmodSync(world.home.root, 0o755),
    finds: { permissions: 'error' },
  },
  {
    name: 'an auth.json that others can read',
    plant: ({ world }) => chmodSync(world.home.authFile, 0o664),
    finds: { permissions: 'error' },
  },
  {
    name: 'a home of the client that everybody can write to',
    plant: ({ world }) => chmodSync(world.home.codexHome, 0o777),
    says: { permissions: /everybody on this machine can write to .*codex \(777\), and put another auth\.json there/ },
    finds: { permissions: 'error' },
    remains: ['permissions'],
  },
  {
    name: 'a file in place of the locks',
    plant: ({ world }) => {
      rmSync(join(world.home.root, 'locks'), { recursive: true, force: true });
      writeFileSync(join(world.home.root, 'locks'), '', { mode: 0o644 });
    },
    finds: { root: 'error' },
    says: { root: /locks is not a directory/ },
    remains: ['root'],
  },
  {
    name: "a directory in place of the client's lock",
    plant: ({ world }) => {
      rmSync(`${world.home.authFile}.lock`, { force: true });
      mkdirSync(`${world.home.authFile}.lock`);
    },
    finds: { root: 'error' },
    says: { root: /auth\.json\.lock is not a file/ },
    remains: ['root'],
  },
  {
    name: 'a directory in place of the pool',
    plant: ({ world }) => {
      rmSync(world.home.poolFile);
      mkdirSync(world.home.poolFile, { mode: 0o755 });
    },
    finds: { files: 'error' },
    remains: ['files'],
  },
  {
    name: 'a truncated pool',
    plant: ({ world }) => writePrivate(world.home.poolFile, readFileSync(world.home.poolFile, 'utf8').slice(0, 200)),
    finds: { files: 'error' },
  },
  {
    name: 'an empty pool file',
    plant: ({ world }) => writePrivate(world.home.poolFile, ''),
    finds: { files: 'error' },
  },
  {
    name: 'a truncated pool whose backup is older than auth.json',
    async plant({ world }) {
      const newer = await world.provider.issueTokens({ ...alice, issuedAt: Date.now() + 60_000 });
      world.writeAuthFile(newer);
      writePrivate(world.home.poolFile, '{"version": 3, "accounts": [');
    },
    finds: { files: 'error' },
  },
  {
    name: 'a damaged pool and a damaged newest backup',
    plant({ world }) {
      copyFileSync(`${world.home.poolFile}.bak`, `${world.home.poolFile}.bak.1`);
      chmodSync(`${world.home.poolFile}.bak.1`, 0o600);
      writePrivate(`${world.home.poolFile}.bak`, '{');
      writePrivate(world.home.poolFile, '[]');
    },
    finds: { files: 'error', backups: 'warn' },
  },
  {
    name: 'a pool of a newer version',
    plant: ({ world }) => changePool(world, (current) => Object.assign(current, { version: 4 })),
    finds: { files: 'error' },
    remains: ['files'],
  },
  {
    name: 'a damaged flagged file without a backup',
    plant: ({ world }) => writePrivate(join(world.home.root, 'openai-codex-flagged-accounts.json'), '{"accounts": 1}'),
    finds: { files: 'error' },
    remains: ['files'],
  },
  {
    name: 'a damaged backup',
    plant: ({ world }) => writePrivate(`${world.home.poolFile}.bak.2`, 'nonsense'),
    finds: { backups: 'warn' },
  },
  {
    name: 'tokens that a killed run had received',
    async plant(healthy) {
      const { world, first } = healthy;
      const next = await world.provider.issueTokens({ ...alice, issuedAt: Date.now() + 60_000 });
      const entry = await openEntry(journal(healthy), endedProcesses(), header(fingerprint(first.refresh_token)));
      const { refresh_token: refreshToken, access_token: accessToken, id_token: idToken } = next;
      const expiresAt = readClaims(next.access_token)?.expiresAt;
      await entry.record({ refreshToken, accessToken, idToken, receivedAt: Date.now(), ...definedOnly({ expiresAt }) });
      entry.leave();
      world.writeAuthFile(next);
    },
    finds: { journal: 'error', 'auth-file': 'warn' },
  },
  {
    name: 'a refresh of which nobody knows how it ended',
    async plant(healthy) {
      const entry = await openEntry(
        journal(healthy),
        endedProcesses(),
        header(fingerprint(healthy.first.refresh_token)),
      );
      entry.leave();
    },
    finds: { journal: 'warn' },
    remains: ['journal'],
  },
  {
    name: 'new tokens that did not reach their token file',
    async plant(healthy) {
      const tokens = await healthy.world.provider.issueTokens(carol);
      const path = writeFlatFile(healthy.world.home, 'tokens/carol.json', tokens);
      const more = { accountIds: ['token-file'], tokenFiles: [path] };
      const about = { ...header(fingerprint(tokens.refresh_token)), ...more };
      const entry = await openEntry(journal(healthy), endedProcesses(), about);
      await entry.record({ refreshToken: 'rt-next', receivedAt: Date.now() });
      entry.leave();
    },
    finds: { journal: 'error' },
    remains: ['journal'],
  },
  {
    name: 'the record of a refresh whose token nobody has any more',
    async plant(healthy) {
      const entry = await openEntry(journal(healthy), endedProcesses(), header(fingerprint('gone')));
      entry.leave();
    },
    finds: { journal: 'warn' },
  },
  {
    name: 'an entry of the journal that nobody understands',
    plant({ world }) {
      writePrivate(join(world.home.root, 'refresh-journal', '1-0123456789ab.left.json'), 'not an entry');
    },
    finds: { journal: 'error' },
  },
  {
    name: 'a temporary file of a killed process',
    plant: ({ world }) =>
      writePrivate(join(world.home.root, `.openai-codex-accounts.json.${deadPid()}-1-abcdef012345.tmp`), 'tokens'),
    finds: { leftovers: 'error' },
  },
  {
    name: 'a temporary file of a killed process beside auth.json',
    plant: ({ world }) =>
      writePrivate(join(world.home.codexHome, `.auth.json.${deadPid()}-1-abcdef012345.tmp`), 'tokens'),
    finds: { leftovers: 'error' },
  },
  {
    name: 'a lock of a dead process',
    plant({ world }) {
      const { host, bootId, pidNamespace } = systemProcesses.self;
      const nonce = 'a'.repeat(24);
      const owner = {
        pid: deadPid(),
        startedAt: '1',
        host,
        bootId,
        pidNamespace,
        nonce,
        name: 'guard',
        acquiredAt: new Date().toISOString(),
      };
      writePrivate(join(world.home.root, 'locks', 'guard.held', `owner-${nonce}.json`), owner);
      chmodSync(join(world.home.root, 'locks'), 0o700);
    },
    finds: { locks: 'warn' },
  },
  {
    name: 'a choice of an account that is gone',
    plant: ({ world }) => changePool(world, (current) => Object.assign(current, { activeId: 'acc_gone' })),
    finds: { 'active-account': 'warn' },
  },
  {
    name: 'auth.json with a login that is not stored yet, which is no fault',
    async plant({ world }) {
      world.writeAuthFile(await world.provider.issueTokens(aliceAtStudio));
    },
    finds: {},
    says: { 'active-account': /^alice@example\.com, not stored yet: codex-auth switch acc_[0-9a-f]{12} keeps it$/ },
  },
  {
    name: 'auth.json with the login of an account that was removed',
    async plant({ world }) {
      const tokens = await world.provider.issueTokens(aliceAtStudio);
      world.writeAuthFile(tokens);
      const { userId, accountId } = readClaims(tokens.id_token) ?? {};
      changePool(world, (current) => Object.assign(current, { removed: [{ userId, accountId, removedAt: 1 }] }));
    },
    finds: { 'active-account': 'warn' },
    says: { 'active-account': /^the official client is signed in as alice@example\.com, which was removed here$/ },
    remains: ['active-account'],
  },
  {
    name: 'auth.json with an API key',
    plant: ({ world }) => writePrivate(world.home.authFile, { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-test' }),
    finds: { 'auth-file': 'warn' },
    remains: ['auth-file'],
  },
  {
    name: 'auth.json with tokens of one account under the id of another',
    plant: (healthy) =>
      changeAuthFile(healthy, (file) => Object.assign(file['tokens'] ?? {}, { account_id: bob.accountId })),
    finds: { 'auth-file': 'error' },
    remains: ['auth-file'],
  },
  {
    name: 'auth.json cut off',
    plant: ({ world }) => writePrivate(world.home.authFile, '{"auth_mode": "chatgpt", "tok'),
    finds: { 'auth-file': 'error' },
    remains: ['auth-file'],
  },
  {
    name: 'auth.json half-written in place',
    plant({ world: { home } }) {
      const content = readFileSync(home.authFile);
      const before = Buffer.from(JSON.stringify({ OPENAI_API_KEY: 'sk-'.padEnd(content.length - 40, 'x') }));
      writeFileSync(home.authFile, Buffer.concat([content.subarray(0, 500), before.subarray(500)]));
      writePrivate(join(home.root, 'login-write.json'), {
        ...{ version: 1, home: home.codexHome, authFile: home.authFile },
        ...{ before: before.toString('base64'), content: content.toString('base64') },
      });
    },
    finds: { 'login-place': 'error', 'auth-file': 'error' },
    says: { 'login-place': /half-written/ },
    holds: ({ world, first }) => {
      if (world.authFile().tokens.refresh_token !== first.refresh_token) throw new Error('it was not finished');
    },
  },
  {
    name: 'auth.json without last_refresh',
    plant: (healthy) => changeAuthFile(healthy, (file) => delete file['last_refresh']),
    finds: { 'auth-file': 'error' },
  },
  {
    name: 'a hard-linked auth.json',
    plant: ({ world }) => linkSync(world.home.authFile, join(world.home.directory, 'other-name.json')),
    finds: { 'auth-file': 'error' },
  },
  {
    name: 'auth.json behind the pool',
    async plant({ world, second }) {
      const newer = await world.provider.issueTokens({ ...alice, issuedAt: Date.now() + 60_000 });
      writePrivate(world.home.poolFile, { version: 3, accounts: [], activeIndex: 0 });
      world.addRecord('acc_first', newer);
      world.addRecord('acc_second', second);
      chmodSync(world.home.poolFile, 0o600);
    },
    finds: { 'auth-file': 'error' },
  },
  {
    name: 'auth.json ahead of the pool',
    async plant({ world }) {
      world.writeAuthFile(await world.provider.issueTokens({ ...alice, issuedAt: Date.now() + 60_000 }));
    },
    finds: { 'auth-file': 'warn' },
  },
  {
    name: 'a client that keeps its login in the keyring',
    plant: (healthy) => config(healthy, 'cli_auth_credentials_store = "keyring"\n'),
    finds: { 'credential-store': 'error' },
    remains: ['credential-store'],
  },
  {
    name: 'a client configuration that is no TOML',
    plant: (healthy) => config(healthy, 'model = "x"\ncli_auth = = 1'),
    says: { 'credential-store': /config\.toml is no TOML in line 2, so that the official client does not start$/ },
    finds: { 'credential-store': 'warn' },
    remains: ['credential-store'],
  },
  {
    name: 'a client configuration that is no TOML, and restricts logins',
    plant: (healthy) => config(healthy, 'forced_login_method = api'),
    says: { 'credential-store': /and nothing is switched/ },
    finds: { 'credential-store': 'warn' },
    remains: ['credential-store'],
  },
  {
    name: 'a forced workspace that leaves an account out',
    plant: (healthy) => config(healthy, `forced_chatgpt_workspace_id = ["${alice.accountId}"]\n`),
    finds: { restrictions: 'warn' },
    remains: ['restrictions'],
  },
  {
    name: 'a client that takes API keys only',
    plant: (healthy) => config(healthy, 'forced_login_method = "api"\n'),
    finds: { restrictions: 'error' },
    remains: ['restrictions'],
  },
  {
    name: 'two records of one account',
    plant: ({ world }) =>
      changePool(world, ({ accounts }) =>
        accounts.push({ ...accounts[1], recordId: 'acc_double', email: ' BOB@example.com' }),
      ),
    finds: { accounts: 'error' },
  },
  {
    name: 'an organization id in place of the account id',
    plant: ({ world }) =>
      changePool(world, ({ accounts }) => Object.assign(accounts[1] ?? {}, { accountId: 'org-123' })),
    finds: { accounts: 'warn' },
  },
  {
    name: 'a half-known identity',
    plant: ({ world }) =>
      changePool(world, ({ accounts }) => Object.assign(accounts[1] ?? {}, { userId: undefined, email: undefined })),
    finds: { accounts: 'warn' },
  },
  {
    name: 'all accounts unhealthy',
    plant: ({ world }) => state(world, { acc_first: sick(), acc_second: sick() }),
    finds: { health: 'error' },
    remains: ['health'],
  },
  {
    name: 'a damaged account state',
    plant: ({ world }) => writePrivate(join(world.home.root, 'account-state.json'), '{{{'),
    finds: { health: 'warn' },
  },
  {
    name: 'an expired access token',
    async plant({ world, first }) {
      const expired = await world.provider.issueTokens({ ...bob, expiresInSeconds: -60 });
      writePrivate(world.home.poolFile, { version: 3, accounts: [], activeIndex: 0 });
      world.addRecord('acc_first', first);
      world.addRecord('acc_second', expired);
      chmodSync(world.home.poolFile, 0o600);
    },
    finds: { tokens: 'warn' },
    remains: ['tokens'],
  },
  {
    name: 'an account without a refresh token',
    plant: ({ world }) => changePool(world, ({ accounts }) => delete accounts[1]?.['refreshToken']),
    finds: { tokens: 'warn' },
    remains: ['tokens'],
  },
  {
    name: 'an account that was set aside',
    async plant({ world }) {
      const tokens = await world.provider.issueTokens(aliceAtStudio);
      writePrivate(join(world.home.root, 'openai-codex-flagged-accounts.json'), {
        version: 1,
        accounts: [
          {
            recordId: 'acc_flagged',
            userId: 'user-alice',
            accountId: aliceAtStudio.accountId,
            email: alice.email,
            planType: 'team',
            refreshToken: tokens.refresh_token,
            accessToken: tokens.access_token,
            idToken: tokens.id_token,
            expiresAt: Date.now() + 3_600_000,
            flaggedAt: Date.now(),
            flaggedReason: 'refresh_token_reused',
            verificationCount: 0,
          },
        ],
      });
    },
    finds: { flagged: 'warn' },
    remains: ['flagged'],
  },
  {
    name: 'a setting out of range',
    plant: ({ world }) =>
      writePrivate(join(world.home.root, 'settings.json'), { version: 1, pluginConfig: { probeConcurrency: 0 } }),
    finds: { settings: 'error' },
  },
  {
    name: 'a settings file that is none',
    plant: ({ world }) => writePrivate(join(world.home.root, 'settings.json'), '[1, 2'),
    finds: { settings: 'error' },
  },
  {
    name: 'a bad setting in the environment',
    plant: () => undefined,
    variables: { CODEX_AUTH_QUOTA_TTL_MS: 'soon' },
    finds: { environment: 'error' },
    remains: ['environment'],
  },
  {
    name: 'an API key in the environment of the client',
    plant: () => undefined,
    variables: { CODEX_API_KEY: 'sk-test' },
    finds: { environment: 'warn' },
    remains: ['environment'],
  },
  {
    name: 'one login in two roots',
    plant({ world }) {
      const other = join(world.home.variables['HOME'] ?? '', '.codex', 'multi-auth', 'openai-codex-accounts.json');
      writePrivate(other, pool(world));
    },
    finds: { 'other-roots': 'error' },
    remains: ['other-roots'],
  },
  {
    name: 'a repository that git could not use',
    plant: ({ world }) => writeFileSync(join(world.home.cwd, '.git'), 'garbage'),
    finds: { project: 'warn' },
    remains: ['project'],
  },
  {
    name: 'a daemon that was started before the last switch',
    plant({ world }) {
      const child = spawn('sleep', ['30'], { stdio: 'ignore' });
      child.unref();
      writePrivate(join(world.home.codexHome, 'app-server-daemon', 'daemon.pid'), { pid: child.pid });
      changePool(world, ({ accounts }) => Object.assign(accounts[0] ?? {}, { lastUsed: Date.now() + 60_000 }));
    },
    finds: { daemon: 'warn' },
    remains: ['daemon'],
  },
];
