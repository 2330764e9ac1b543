import type { Account } from '../accounts/account.js';
import { findSame, isSameAccount } from '../accounts/identity.js';
import { isNewer } from '../accounts/lineage.js';
import type { AuthFileLogin } from '../codex/auth-file.js';
import { type AuthFileState, looseLoginIn } from '../codex/auth-file-state.js';
import { AppError } from '../errors.js';
import { fingerprint, isUnderWay, readJournal } from '../lineage/journal.js';
import { isAnswered } from '../lineage/journal-overlay.js';
import { areTokensOf } from '../lineage/rotation.js';
import { otherWorkspacesOf } from '../lineage/shared-login.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf, type ScopeContent, type ScopeRecords } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { areOfDifferentIssuers } from '../provider/foreign-issuer.js';
import type { Secret } from '../secret.js';
import type { Root } from '../storage/root.js';
import type { RefreshDeps } from './refresh-deps.js';
import { type HeldLogin, rememberResidence, settledLogins } from './residence.js';
import { syncBack, takeLoose, tellOtherWorkspaces } from './sync-back.js';
import { withStore } from './with-store.js';
import { isBehind, writeBack } from './write-back.js';

type GatherDeps = Pick<RefreshDeps, 'root' | 'files' | 'home' | 'signal' | 'flockHelpers' | 'warn'>;

/**
 * The account with its newest tokens from anywhere: pool, flagged file, every official home, journal. What is newer
 * elsewhere is stored first. Where a home still holds a token that we have spent, because a crash or an unwritable file
 * kept us from replacing it, it is brought up to date before the official client uses it.
 */
export async function gatherNewest(deps: GatherDeps, accountId: string): Promise<Account> {
  const { root, files, home, signal } = deps;
  const scopes = readAllScopes(root.paths, files.read);
  const stored = findStored(scopes, accountId);
  const held = await settledLogins(root, home);
  const inHomes = held.map(({ state: { content } }) =>
    content?.kind === 'login' ? content.login.tokens.refreshToken : undefined,
  );
  const isAnswerLeft = hasAnswer(root, [stored.tokens.refreshToken, ...inHomes]);
  if (!isAnswerLeft && !held.some(({ state }) => isUnsettled(deps, scopes, stored, state) || isLoose(stored, state)))
    return stored;

  return withStore(root, { signal }, async (store) => {
    for (const held of await settledLogins(root, home)) takeOver(store, held, stored);
    await writeBack(store, deps);
    return findStored(store.scopes(), accountId);
  });
}

/** Whether a process that is gone has left the answer about one of these tokens in the journal. */
function hasAnswer(root: Root, tokens: readonly (Secret | undefined)[]): boolean {
  const spent = tokens.flatMap((token) => (token === undefined ? [] : fingerprint(token.reveal())));
  const entries = [...new Set(spent)].flatMap((each) => readJournal(root.paths.journal, { spent: each }).entries);
  return entries.some((entry) => isAnswered(entry) && !isUnderWay(root, entry));
}

/** Whether `auth.json` holds this login, or another workspace of it, and not the tokens that we have for it. */
function isUnsettled(
  { root }: Pick<RefreshDeps, 'root'>,
  scopes: readonly ScopeRecords[],
  stored: Account,
  authFile: AuthFileState,
): boolean {
  const { content } = authFile;
  if (content?.kind !== 'login') return false;
  if (hasNewsOfOtherWorkspace(scopes, content.login, stored)) return true;
  const holder = holderOf(scopes, content.login, stored);
  const isAnothers = holder === undefined && findSame(recordsOf(scopes), content.login.identity) !== undefined;
  if (isAnothers) return false;
  const isAhead = holder !== undefined && hasNews(holder, content.login);
  return isAhead || isBehind(authFile, { root, scopes: () => scopes });
}

/** Whether `auth.json` holds newer tokens of this account, although the file cannot become an account. */
function isLoose(stored: Account, state: AuthFileState): boolean {
  const login = looseLoginIn(state);
  return login !== undefined && isSameAccount(login.identity, stored) && hasNews(stored, login);
}

function takeOver(store: Store, { home, state }: HeldLogin, asked: Account): void {
  const { content } = state;
  if (isLoose(asked, state)) takeLoose(store, state);
  if (content?.kind !== 'login') return;
  if (hasNewsOfOtherWorkspace(store.scopes(), content.login, asked)) {
    rememberResidence(store, home, asked);
    tellOtherWorkspaces(store, content.login);
  }
  const holder = holderOf(store.scopes(), content.login, asked);
  // A login that is none of ours is for `switch` to adopt, in a scope that the person chose.
  if (holder === undefined || !hasNews(holder, content.login)) return;
  // A home that the registry does not name would be left with a token that the next refresh spends.
  rememberResidence(store, home, holder);
  syncBack(store, content, undefined);
}

/**
 * Whether the client got it for another workspace of the account's login, which has another login here by now, or no
 * record.
 */
function hasNewsOfOtherWorkspace(scopes: readonly ScopeContent[], login: AuthFileLogin, asked: Account): boolean {
  return otherWorkspacesOf(login, recordsOf(scopes)).some(({ id }) => id === asked.id) && hasNews(asked, login);
}

/** The record of the login in `auth.json`, if that is the account asked about or shares its refresh token. */
function holderOf(scopes: readonly ScopeContent[], login: AuthFileLogin, asked: Account): Account | undefined {
  const holder = findSame(recordsOf(scopes), login.identity);
  const { refreshToken } = asked.tokens;
  const isShared =
    refreshToken?.equals(holder?.tokens.refreshToken) === true || refreshToken?.equals(login.tokens.refreshToken);
  if (holder !== undefined && areOfDifferentIssuers(holder, login)) return undefined;
  return holder !== undefined && (holder.id === asked.id || isShared === true) ? holder : undefined;
}

function hasNews(holder: Account, login: Pick<AuthFileLogin, 'tokens'>): boolean {
  const ours = { source: 'pool', tokens: holder.tokens } as const;
  const isSameLogin = holder.tokens.refreshToken?.equals(login.tokens.refreshToken) === true;
  // The copy is of another workspace of the login: only its refresh token counts, and we have that.
  if (!areTokensOf(holder, login.tokens) && isSameLogin) return false;
  if (isNewer({ source: 'auth-file', tokens: login.tokens }, ours)) return true;
  return holder.tokens.idToken === undefined && isSameLogin;
}

/** The record, in a pool or set aside. Throws `no-such-account` when another process has removed it. */
export function findStored(scopes: readonly ScopeContent[], accountId: string): Account {
  const account = recordsOf(scopes).find(({ id }) => id === accountId);
  if (account !== undefined) return account;
  throw new AppError('no-such-account', 'another process has just removed this account', { hint: 'codex-auth list' });
}
