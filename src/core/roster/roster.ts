import type { Account, ShownAccount } from '../accounts/account.js';
import { findSame, isExactly } from '../accounts/identity.js';
import type { LocatedAccount } from '../accounts/selector.js';
import { tellApart } from '../accounts/twins.js';
import type { AuthFileContent } from '../codex/auth-file.js';
import { type AuthFileState, readAuthFileForDisplay } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { privateHomeAt } from '../codex/private-home.js';
import { definedOnly } from '../defined-only.js';
import { type AccountState, readAccountState } from '../health/account-state.js';
import { type BesideRecords, readBesideRecords, withNewestTokens } from '../lineage/beside-records.js';
import { judgeBeside } from '../lineage/foreign-login.js';
import { isUnderWay, type Journal, readJournal } from '../lineage/journal.js';
import { whyNoLog } from '../lineage/lineage-log.js';
import { besideRecords } from '../lineage/shared-login.js';
import { readScope, readScopeAmongOthers } from '../pools/scope-files.js';
import { hasFiles, recordsOf, type ScopeRecords } from '../pools/scope-records.js';
import type { Scope } from '../project/scope.js';
import { scopeFiles } from '../storage/paths.js';
import type { Root } from '../storage/root.js';
import { withLegacyScope } from './legacy-pools.js';
import { unstoredAccount } from './unstored-login.js';

/** The accounts of a scope as they stand now, read without a lock and without writing anything (P5). */
export interface Roster {
  readonly scope: Scope;
  /** The pool of the scope, whether it exists yet or not. */
  readonly path: string;
  /** Where the accounts really come from: another pool while this one has none. */
  readonly readFrom: string;
  /** The scope that the accounts come from; what older versions kept for one checkout is part of it already. */
  readonly records: ScopeRecords;
  /** The other scopes that have files, as far as they can be read. */
  readonly others: readonly ScopeRecords[];
  /** With the newest tokens that any copy beside their records has. The last account may not be stored yet. */
  readonly accounts: readonly Account[];
  readonly beside: BesideRecords;
  readonly state: AccountState;
  /** Ids of the accounts that this run has found to be refused, whatever is remembered of them. */
  readonly shutOut?: ReadonlySet<string>;
  readonly authFile: AuthFileState;
  /** The account whose login `auth.json` holds, wherever it lives; absent when it is none of ours. */
  readonly active?: LocatedAccount;
  /** Set in a home that `run` has made: the person's own home, with which it shares everything but the login. */
  readonly sharesHome?: string;
  readonly warnings: readonly string[];
}

export function readRoster(root: Root, home: CodexHome, scope: Scope): Roster {
  const stored = readAuthFileForDisplay(home);
  const { records, others, warnings } = readScopes(root, scope, stored.content);
  const { state, warning } = readAccountState(root.paths.accountState);
  const authFile = besideAccounts(root, stored, [records, ...others]);
  const journal = readJournal(root.paths.journal);
  const beside = readBesideRecords(root, home, recordsOf([records, ...others]), authFile, journal.entries);
  const unstored = unstoredAccount([records, ...others], authFile.content);
  const own = records.pool.accounts.map((account) => withNewestTokens(account, beside));
  const accounts = unstored === undefined ? own : tellApart([...own, unstored]);
  const owner = unstored === undefined ? findOwner([records, ...others], authFile.content) : placed(unstored, records);
  return definedOnly({
    scope,
    path: scopeFiles(root.paths, keyOf(scope)).pool,
    readFrom: records.files.pool,
    records,
    others,
    accounts,
    beside,
    state,
    authFile,
    sharesHome: privateHomeAt(home.directory)?.shares,
    active: owner && { ...owner, account: accounts.find(({ id }) => id === owner.account.id) ?? owner.account },
    warnings: [
      ...warnings,
      warning,
      whyNoLog(root),
      authFile.problem,
      beside.problem,
      ...journalWarnings(root, journal),
    ].filter((each) => each !== undefined),
  });
}

function journalWarnings(root: Root, { entries, unreadable }: Journal): string[] {
  const torn = entries.filter((entry) => entry.isSalvaged && !isUnderWay(root, entry));
  const closed = unreadable.filter((entry) => !isUnderWay(root, entry));
  return [
    ...torn.map(({ path }) => `${path} holds a torn answer, of which only the refresh token can be read`),
    ...closed.map(
      ({ path, problem }) => `${path} ${problem}, and no token is spent that it may be about: codex-auth doctor`,
    ),
  ];
}

/** A login with the ids of one of our accounts that another provider issued is not that account's. */
function besideAccounts(root: Root, found: AuthFileState, scopes: readonly ScopeRecords[]): AuthFileState {
  const state = besideRecords(found, { root, scopes: () => scopes });
  return state.content === undefined ? state : { ...state, content: judgedBeside(state.content, scopes) };
}

/** The content of `auth.json` as it looks beside all accounts of these scopes. */
export function judgedBeside(content: AuthFileContent, scopes: readonly ScopeRecords[]): AuthFileContent {
  return judgeBeside(
    content,
    scopes.flatMap(({ pool, flagged }) => pool.accounts.concat(flagged.accounts)),
  );
}

export function keyOf(scope: Scope): string | undefined {
  return scope.kind === 'project' ? scope.key : undefined;
}

/** Every account of the other pools, for selectors and for naming what is in use. */
export function accountsElsewhere<A extends ShownAccount>({
  others,
}: {
  readonly others: readonly { readonly key?: string; readonly pool: { readonly accounts: readonly A[] } }[];
}): LocatedAccount<A>[] {
  return others.flatMap((scope) => scope.pool.accounts.map((account) => placed(account, scope)));
}

function placed<A extends ShownAccount>(account: A, { key }: { readonly key?: string }): LocatedAccount<A> {
  return key === undefined ? { account } : { account, scopeKey: key };
}

/**
 * The scope whose accounts are shown, complete in memory (P5), and the others beside it. A scope without accounts shows
 * the global ones, or else those of the pool that has the login in use: accounts that exist are shown somewhere.
 */
export function readScopes(
  root: Root,
  scope: Scope,
  inUse: AuthFileContent | undefined,
): Pick<Roster, 'records' | 'others' | 'warnings'> {
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
  const global = beside.find(({ key }) => key === undefined);
  // Throws where the global scope cannot be read: there is nothing else to show.
  const first = hasPool ? merged : (global ?? readScope(root.paths, undefined));
  const records = hasAccounts(first) ? first : (elsewhere(beside, global, inUse) ?? first);
  const unshown = hasFiles(merged) && records !== merged ? [merged] : [];
  return { records, others: [...unshown, ...beside.filter((each) => each !== records)], warnings };
}

function elsewhere(
  scopes: readonly ScopeRecords[],
  global: ScopeRecords | undefined,
  inUse: AuthFileContent | undefined,
): ScopeRecords | undefined {
  if (global !== undefined && hasAccounts(global)) return global;
  const holder = findOwner(scopes, inUse);
  return holder && scopes.find(({ key }) => key === holder.scopeKey);
}

function hasAccounts({ pool, flagged }: ScopeRecords): boolean {
  return pool.accounts.length + flagged.accounts.length > 0;
}

/** The plan in a token stays what it was at the last refresh; an answer about the quota has the plan of its day. */
export function withNewestPlan(account: Account, { state }: Pick<Roster, 'state'>): Account {
  const planType = state.accounts[account.id]?.quota?.planType;
  return planType === undefined || planType === account.planType ? account : { ...account, planType };
}

/** The account that a login belongs to, in any of these scopes. */
export function findOwner(
  scopes: readonly ScopeRecords[],
  content: AuthFileContent | undefined,
): LocatedAccount | undefined {
  if (content?.kind !== 'login') return undefined;
  const { identity } = content.login;
  const places = accountsElsewhere({ others: scopes });
  const exact = places.find(({ account }) => isExactly(account, identity));
  if (exact !== undefined) return exact;
  const same = findSame(
    places.map(({ account }) => account),
    identity,
  );
  return places.find(({ account }) => account === same);
}
