import type { AuthFileLogin } from '../codex/auth-file.js';
import { type AuthFileState, type CodexHome, readAuthFile } from '../codex/home.js';
import type { AccountFacts } from '../decision/facts.js';
import { definedOnly } from '../defined-only.js';
import { readHealth } from '../health/state.js';
import type { Scope } from '../project/scope.js';
import { type AccountState, readAccountState } from '../storage/account-state.js';
import { type JournalEntry, readEntries } from '../storage/journal.js';
import { withJournal } from '../storage/journal-overlay.js';
import { isNewer } from '../storage/lineage.js';
import { scopeFiles } from '../storage/paths.js';
import type { Root } from '../storage/root.js';
import { nextTokens } from '../storage/rotation.js';
import { hasFiles, readAllScopes, readScope, type ScopeRecords } from '../storage/scope-files.js';
import type { Account } from './account.js';
import { isSameAccount } from './identity.js';
import type { LocatedAccount } from './selector.js';

/** The accounts of a scope as they stand now, read without a lock and without writing anything (P5). */
export interface Roster {
  readonly scope: Scope;
  /** The pool of the scope, whether it exists yet or not. */
  readonly path: string;
  /** Where the accounts really come from: the global pool while the project has none. */
  readonly readFrom: string;
  readonly records: ScopeRecords;
  /** With the newest tokens that `auth.json` and the journal hold for them. */
  readonly accounts: readonly Account[];
  readonly state: AccountState;
  readonly authFile: AuthFileState;
  /** The account whose login `auth.json` holds, wherever it lives; absent when it is none of ours. */
  readonly active?: LocatedAccount;
  readonly warnings: readonly string[];
}

export function readRoster(root: Root, home: CodexHome, scope: Scope): Roster {
  const own = readScope(root.paths, keyOf(scope));
  const records = hasFiles(own) || scope.kind === 'global' ? own : readScope(root.paths, undefined);
  const { state, warning } = readAccountState(root.paths.accountState);
  const authFile = readAuthFile(home);
  const journal = readEntries(root.paths.journal);
  const login = authFile.content?.kind === 'login' ? authFile.content.login : undefined;
  const accounts = records.pool.accounts.map((account) => withNewestTokens(account, login, journal));
  return definedOnly({
    scope,
    path: scopeFiles(root.paths, keyOf(scope)).pool,
    readFrom: records.files.pool,
    records,
    accounts,
    state,
    authFile,
    active: login === undefined ? undefined : findActive(root, accounts, login),
    warnings: warning === undefined ? [] : [warning],
  });
}

export function keyOf(scope: Scope): string | undefined {
  return scope.kind === 'project' ? scope.key : undefined;
}

/** Every account of the other pools, for selectors and for naming what is in use. */
export function readElsewhere(root: Root, here: ScopeRecords): LocatedAccount[] {
  return readAllScopes(root.paths)
    .filter(({ files }) => files.pool !== here.files.pool)
    .flatMap(({ key, pool }) => pool.accounts.map((account) => definedOnly({ account, scopeKey: key })));
}

function withNewestTokens(
  account: Account,
  login: AuthFileLogin | undefined,
  journal: readonly JournalEntry[],
): Account {
  const current = withJournal(account, journal);
  if (login === undefined || !isSameAccount(current, login.identity)) return current;
  const theirs = { source: 'auth-file', tokens: login.tokens } as const;
  const isBehind = isNewer(theirs, { source: 'pool', tokens: current.tokens });
  return isBehind ? { ...current, tokens: nextTokens(current.tokens, login.tokens) } : current;
}

function findActive(root: Root, accounts: readonly Account[], login: AuthFileLogin): LocatedAccount | undefined {
  const here = accounts.find((account) => isSameAccount(account, login.identity));
  if (here !== undefined) return { account: here };
  for (const { key, pool } of readAllScopes(root.paths)) {
    const account = pool.accounts.find((each) => isSameAccount(each, login.identity));
    if (account !== undefined) return definedOnly({ account, scopeKey: key });
  }
  return undefined;
}

/** What the decision needs to know about each account of the roster. */
export function factsOf(roster: Roster, now: number): AccountFacts[] {
  return roster.accounts.map((account, position) => {
    const knowledge = roster.state.accounts[account.id];
    return definedOnly({
      id: account.id,
      index: position + 1,
      enabled: account.enabled,
      active: account.id === roster.active?.account.id,
      flagged: false,
      signInNeeded: account.tokens.refreshToken === undefined ? {} : undefined,
      accessTokenExpiresAt: account.tokens.expiresAt,
      health: readHealth(knowledge?.health, now),
      quota: knowledge?.quota,
      lastUsedAt: account.lastUsedAt,
    });
  });
}
