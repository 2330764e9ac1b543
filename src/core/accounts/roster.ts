import type { AuthFileLogin } from '../codex/auth-file.js';
import { isLoginOf, judgeBeside } from '../codex/foreign-login.js';
import { type AuthFileState, type CodexHome, readAuthFileForDisplay } from '../codex/home.js';
import type { AccountFacts } from '../decision/facts.js';
import { definedOnly } from '../defined-only.js';
import { standingRefusal } from '../health/access-refusal.js';
import { readHealth } from '../health/state.js';
import type { Scope } from '../project/scope.js';
import { type AccountState, readAccountState } from '../storage/account-state.js';
import { type JournalEntry, readEntries } from '../storage/journal.js';
import { withJournal } from '../storage/journal-overlay.js';
import { withLegacyScope } from '../storage/legacy-pools.js';
import { isNewer } from '../storage/lineage.js';
import { scopeFiles } from '../storage/paths.js';
import type { Root } from '../storage/root.js';
import { nextTokens } from '../storage/rotation.js';
import { hasFiles, readScope, readScopeAmongOthers, type ScopeRecords } from '../storage/scope-files.js';
import type { Account } from './account.js';
import { findSame, isExactly } from './identity.js';
import type { LocatedAccount } from './selector.js';

/** The accounts of a scope as they stand now, read without a lock and without writing anything (P5). */
export interface Roster {
  readonly scope: Scope;
  /** The pool of the scope, whether it exists yet or not. */
  readonly path: string;
  /** Where the accounts really come from: the global pool while the project has none. */
  readonly readFrom: string;
  /** Of the scope that the accounts come from; what older versions kept for one checkout is part of it already. */
  readonly records: ScopeRecords;
  /** The other scopes that have files, as far as they can be read. */
  readonly others: readonly ScopeRecords[];
  /** With the newest tokens that `auth.json` and the journal hold for them. */
  readonly accounts: readonly Account[];
  readonly state: AccountState;
  /** Ids of the accounts that this run has found to be refused, whatever is remembered of them. */
  readonly shutOut?: ReadonlySet<string>;
  readonly authFile: AuthFileState;
  /** The account whose login `auth.json` holds, wherever it lives; absent when it is none of ours. */
  readonly active?: LocatedAccount;
  readonly warnings: readonly string[];
}

export function readRoster(root: Root, home: CodexHome, scope: Scope): Roster {
  const { records, others, warnings } = readScopes(root, scope);
  const { state, warning } = readAccountState(root.paths.accountState);
  const authFile = besideAccounts(readAuthFileForDisplay(home), [records, ...others]);
  const journal = readEntries(root.paths.journal);
  const login = authFile.content?.kind === 'login' ? authFile.content.login : undefined;
  const owner = login && findOwner(records, others, login);
  const accounts = records.pool.accounts.map((account) => {
    const held = account === owner?.account ? login : undefined;
    return held === undefined && journal.length === 0 ? account : withNewestTokens(account, held, journal);
  });
  const position = owner === undefined ? -1 : records.pool.accounts.indexOf(owner.account);
  return definedOnly({
    scope,
    path: scopeFiles(root.paths, keyOf(scope)).pool,
    readFrom: records.files.pool,
    records,
    others,
    accounts,
    state,
    authFile,
    active: owner && { ...owner, account: accounts[position] ?? owner.account },
    warnings: [...warnings, warning, authFile.problem].filter((each) => each !== undefined),
  });
}

/** A login with the ids of one of our accounts that another provider issued is not that account's. */
function besideAccounts(state: AuthFileState, scopes: readonly ScopeRecords[]): AuthFileState {
  if (state.content === undefined) return state;
  const accounts = scopes.flatMap(({ pool, flagged }) => pool.accounts.concat(flagged.accounts));
  return { ...state, content: judgeBeside(state.content, accounts) };
}

export function keyOf(scope: Scope): string | undefined {
  return scope.kind === 'project' ? scope.key : undefined;
}

/** Every account of the other pools, for selectors and for naming what is in use. */
export function accountsElsewhere({ others }: Pick<Roster, 'others'>): LocatedAccount[] {
  return others.flatMap(({ key, pool }) => pool.accounts.map((account) => definedOnly({ account, scopeKey: key })));
}

/** The scope whose accounts are shown, complete in memory (P5), and the others beside it. */
export function readScopes(root: Root, scope: Scope): Pick<Roster, 'records' | 'others' | 'warnings'> {
  const { own, others, problems } = readScopeAmongOthers(root.paths, keyOf(scope));
  const isLegacy = ({ key }: ScopeRecords) =>
    key !== undefined && scope.kind === 'project' && scope.legacyKeys.includes(key);
  const legacy = others.filter(isLegacy);
  const beside = others.filter((each) => !isLegacy(each));
  const merged = legacy.reduce((to, each) => withLegacyScope(to, each, beside, root.clock.now()), own);
  const warnings = [
    ...problems.map(({ message }) => `${message}; its accounts are left out: codex-auth doctor`),
    ...legacy.map(({ files }) => `the accounts that an older version kept for one checkout are shown: ${files.pool}`),
  ];
  const hasPool = scope.kind === 'global' || hasFiles(own) || legacy.length > 0;
  if (hasPool) return { records: merged, others: beside, warnings };
  // Throws where it cannot be read: there is nothing else to show.
  const global = beside.find(({ key }) => key === undefined) ?? readScope(root.paths, undefined);
  return { records: global, others: beside.filter((each) => each !== global), warnings };
}

/** The account with the newest tokens that `auth.json` and the journal hold for it, in memory only. */
export function withNewestTokens<A extends Account>(
  account: A,
  login: AuthFileLogin | undefined,
  journal: readonly JournalEntry[],
): A {
  const current = withJournal(account, journal);
  if (login === undefined || !isLoginOf({ kind: 'login', login }, current)) return current;
  const theirs = { source: 'auth-file', tokens: login.tokens } as const;
  const isBehind = isNewer(theirs, { source: 'pool', tokens: current.tokens });
  return isBehind ? { ...current, tokens: nextTokens(current.tokens, login.tokens) } : current;
}

/** The plan in a token stays what it was at the last refresh; an answer about the quota has the plan of its day. */
export function withNewestPlan(account: Account, { state }: Pick<Roster, 'state'>): Account {
  const planType = state.accounts[account.id]?.quota?.planType;
  return planType === undefined || planType === account.planType ? account : { ...account, planType };
}

/** The account that a login belongs to, in this scope or in any other. */
function findOwner(
  here: ScopeRecords,
  others: readonly ScopeRecords[],
  { identity }: AuthFileLogin,
): LocatedAccount | undefined {
  const places = accountsElsewhere({ others: [here, ...others] });
  const exact = places.find(({ account }) => isExactly(account, identity));
  if (exact !== undefined) return exact;
  const same = findSame(
    places.map(({ account }) => account),
    identity,
  );
  return places.find(({ account }) => account === same);
}

/** What the decision needs to know about each account of the roster. */
export function factsOf(roster: Roster, now: number): AccountFacts[] {
  return roster.accounts.map((account, position) => factsOfAccount(roster, account, position, now));
}

export function factsOfAccount(
  { active, state, shutOut }: Roster,
  account: Account,
  position: number,
  now: number,
): AccountFacts {
  const { id, enabled, tokens, lastUsedAt, priority, reservePercent } = account;
  const knowledge = state.accounts[id];
  return {
    id,
    index: position + 1,
    enabled,
    active: id === active?.account.id,
    flagged: false,
    signInNeeded: tokens.refreshToken === undefined ? {} : undefined,
    shutOut: shutOut?.has(id) === true,
    refused: standingRefusal(knowledge?.refusal, tokens),
    priority,
    reservePercent,
    accessTokenExpiresAt: tokens.expiresAt,
    health: readHealth(knowledge?.health, now),
    quota: knowledge?.quota,
    lastUsedAt,
  };
}
