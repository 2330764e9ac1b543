import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Account } from '../../src/core/accounts/account.js';
import { readClaims } from '../../src/core/accounts/jwt-claims.js';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { flockHelpers } from '../../src/core/codex/credential-lock.js';
import { type CodexHome, codexHomeAt } from '../../src/core/codex/home.js';
import { createHttpClient } from '../../src/core/http/undici-client.js';
import { type JournalEntry, readEntries } from '../../src/core/lineage/journal.js';
import { type RefreshDeps, sideBySide } from '../../src/core/logins/refresh-deps.js';
import { readAllScopes } from '../../src/core/pools/scope-files.js';
import { resolveProvider } from '../../src/core/provider/provider.js';
import { resolveSettings, settingsOf } from '../../src/core/settings.js';
import { ensureUsable, type RefreshRequest } from '../../src/core/spending/refresh.js';
import { rootPaths } from '../../src/core/storage/paths.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import type { Root } from '../../src/core/storage/root.js';
import { CLIENT_ID } from './provider/client.js';
import type { IssueRequest, TokenSet } from './provider/grants.js';
import type { Provider } from './provider/start.js';
import { makeTestHome, type TestHome } from './test-home.js';

export const alice = { email: 'alice@example.com', accountId: '11111111-1111-4111-8111-111111111111' };
export const aliceAtStudio = { email: 'alice@example.com', accountId: '33333333-3333-4333-8333-333333333333' };
export const bob = { email: 'bob@example.com', accountId: '33333333-3333-4333-8333-333333333333' };
export const carol = { email: 'carol@example.com', accountId: '44444444-4444-4444-8444-444444444444' };

/** The tokens of a record as a file holds them. */
export interface StoredRecord {
  readonly recordId: string;
  readonly refreshToken?: string;
  readonly accessToken?: string;
  readonly idToken?: string;
  readonly flaggedReason?: string;
  readonly [key: string]: unknown;
}

interface AuthFile {
  readonly tokens: TokenSet & Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

export interface RefreshHomeOptions {
  readonly clock?: Clock;
  /** Where the official client has its home; default: a directory of this home's own. */
  readonly codexHome?: string;
}

/** A home whose pool and `auth.json` hold logins of the stand-in, without going through a sign-in. */
export class RefreshHome {
  readonly home: TestHome;
  readonly root: Root;
  readonly codex: CodexHome;
  readonly provider: Provider;

  constructor(directory: string, provider: Provider, options: RefreshHomeOptions = {}) {
    const { clock = systemClock, codexHome } = options;
    this.home = codexHome === undefined ? makeTestHome(directory, provider) : homeIn(directory, provider, codexHome);
    this.provider = provider;
    this.codex = codexHomeAt(this.home.codexHome);
    this.root = { paths: rootPaths(this.home.root), clock, processes: systemProcesses };
  }

  /** Puts an account into the global pool; `changes` are members of its record, undefined removes one. */
  addRecord(id: string, tokens: TokenSet, changes: Readonly<Record<string, unknown>> = {}): void {
    const { userId, accountId, email, planType } = readClaims(tokens.id_token) ?? {};
    const identity = { userId, accountId, email, planType };
    const accounts = [...this.records(), recordOf(id, tokens, this.provider.issuer, { ...identity, ...changes })];
    mkdirSync(this.home.root, { recursive: true });
    writeFileSync(this.home.poolFile, JSON.stringify({ version: 3, accounts, activeIndex: 0 }));
  }

  /** Issues a login and puts it into the pool. */
  async addAccount(id: string, who: IssueRequest, changes: Readonly<Record<string, unknown>> = {}): Promise<TokenSet> {
    const tokens = await this.provider.issueTokens(who);
    this.addRecord(id, tokens, changes);
    return tokens;
  }

  /** Makes `auth.json` as the official client writes it. */
  writeAuthFile(tokens: TokenSet, changes: Readonly<Record<string, unknown>> = {}, names: object = {}): void {
    const { accountId } = readClaims(tokens.id_token) ?? {};
    const content = {
      auth_mode: 'chatgpt',
      OPENAI_API_KEY: null,
      tokens: {
        id_token: tokens.id_token,
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        oauth_provenance: { issuer: this.provider.issuer, client_id: CLIENT_ID },
        login_owner_id: 'the-login-in-auth-json',
        account_id: accountId,
        ...names,
      },
      last_refresh: new Date(readClaims(tokens.access_token)?.issuedAt ?? 0).toISOString(),
      ...changes,
    };
    writeFileSync(this.home.authFile, JSON.stringify(content, null, 2), { mode: 0o600 });
  }

  authFile(): AuthFile {
    return JSON.parse(readFileSync(this.home.authFile, 'utf8'));
  }

  records(): StoredRecord[] {
    return accountsIn(this.home.poolFile);
  }

  flagged(): StoredRecord[] {
    return accountsIn(join(this.home.root, 'openai-codex-flagged-accounts.json'));
  }

  record(id: string): StoredRecord {
    const found = [...this.records(), ...this.flagged()].find(({ recordId }) => recordId === id);
    if (found === undefined) throw new Error(`no record ${id}`);
    return found;
  }

  account(id: string): Account {
    const records = readAllScopes(this.root.paths).flatMap(({ pool, flagged }) => [
      ...pool.accounts,
      ...flagged.accounts,
    ]);
    const found = records.find((each) => each.id === id);
    if (found === undefined) throw new Error(`no account ${id}`);
    return found;
  }

  journal(): readonly JournalEntry[] {
    return readEntries(this.root.paths.journal);
  }

  kept(): string[] {
    const { kept } = this.root.paths;
    return existsSync(kept) ? readdirSync(kept).map((name) => readFileSync(join(kept, name), 'utf8')) : [];
  }

  state(): { accounts: Record<string, { health?: { score: number; cooldown?: unknown } }> } {
    return JSON.parse(readFileSync(this.root.paths.accountState, 'utf8'));
  }

  lineage(): string {
    return readFileSync(this.root.paths.lineageLog, 'utf8');
  }

  /** One run of the program. Its name is for the reader; its answers to `ensureUsable` are those of one process. */
  run(_name: string, changes: Partial<RefreshDeps> = {}): Run {
    const http = createHttpClient({ proxyFor: () => ({ kind: 'direct', source: 'none' }) });
    onTestFinished(() => http.close());
    const warnings: string[] = [];
    const deps: RefreshDeps = {
      root: this.root,
      home: this.codex,
      http,
      provider: resolveProvider({ issuer: this.provider.issuer, backendUrl: this.provider.backendUrl }),
      callOptions: { userAgent: 'codex-auth/test' },
      settings: settingsOf(resolveSettings({}, {})),
      flockHelpers,
      runningClients: () => [],
      uninterrupted: (task) => task(),
      warn: (message) => warnings.push(message),
      signal: new AbortController().signal,
      ...sideBySide(this.root),
      ...changes,
    };
    const refresh = (id: string, { account = this.account(id), ...request }: Partial<RefreshRequest> = {}) =>
      ensureUsable(deps, { account, reason: 'proactive_expiry', ...request });
    return { deps, warnings, refresh };
  }
}

export interface Run {
  readonly deps: RefreshDeps;
  readonly warnings: readonly string[];
  readonly refresh: (id: string, request?: Partial<RefreshRequest>) => ReturnType<typeof ensureUsable>;
}

function homeIn(directory: string, provider: Provider, codexHome: string): TestHome {
  const home = makeTestHome(directory, provider);
  const variables = { ...home.variables, CODEX_HOME: codexHome, CODEX_MULTI_AUTH_DIR: home.root };
  return { ...home, codexHome, authFile: join(codexHome, 'auth.json'), variables };
}

export function recordOf(id: string, tokens: TokenSet, issuer: string, changes: Readonly<Record<string, unknown>>) {
  const { issuedAt, expiresAt } = readClaims(tokens.access_token) ?? {};
  return {
    recordId: id,
    refreshToken: tokens.refresh_token,
    accessToken: tokens.access_token,
    idToken: tokens.id_token,
    lastRefresh: issuedAt,
    tokenGeneration: 1,
    addedAt: 1,
    lastUsed: 1,
    provenance: { issuer, clientId: CLIENT_ID },
    expiresAt,
    ...changes,
  };
}

function accountsIn(path: string): StoredRecord[] {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).accounts : [];
}
