import { type Account, describeAccount } from '../accounts/account.js';
import { isSameAccount, realAccountId } from '../accounts/identity.js';
import { readClaims } from '../accounts/jwt-claims.js';
import { type Pool, withAccount, withActive, withChoiceLeft } from '../accounts/pool.js';
import { type CompleteLogin, formatAuthFile, type Unadoptable } from '../codex/auth-file.js';
import { readSettledAuthFile } from '../codex/auth-file-state.js';
import { readCodexConfig } from '../codex/config.js';
import type { FlockHelper } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import { loginPlace } from '../codex/official-login.js';
import { privateHomeAt } from '../codex/private-home.js';
import { refuseRestricted } from '../codex/restrictions.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { findHomes } from '../homes/known-homes.js';
import { holdsForeignTokens } from '../lineage/foreign-tokens.js';
import { isKnownSpent, logLineage } from '../lineage/lineage-log.js';
import { besideRecords, readBeside } from '../lineage/shared-login.js';
import type { Store } from '../pools/store.js';
import type { FileVersion } from '../storage/atomic-file.js';
import { keepAside } from '../storage/kept.js';
import type { Root } from '../storage/root.js';
import { outcomeError } from './describe-outcome.js';
import { findStored } from './gather-newest.js';
import { type Placed, placeLogin } from './place-login.js';
import { forgetResidence, rememberResidence } from './residence.js';
import { type SeatRules, seatFor } from './seat.js';
import { type SyncBack, syncBack, takeLoose } from './sync-back.js';
import { takeFromHomes } from './take-from-homes.js';
import { bringUpToDate } from './write-back.js';

/** The scope whose choice this is also adopts an unknown login that the file holds. */
export interface ActivationRequest extends Choice {
  /** The person agreed to replace a login that cannot be adopted; it is kept whole. */
  readonly replacesUnadoptable: boolean;
  /** The login is taken also from a home that cannot be read now. */
  readonly takes?: boolean;
  readonly runningClients: SeatRules['runningClients'];
  readonly flockHelpers: readonly FlockHelper[];
}

export interface Activated extends Placed {
  readonly kind: 'activated';
  readonly account: Account;
  /** The account whose login the file held before. */
  readonly previous?: Account;
  readonly adopted?: Account;
  /** The file held newer tokens of the previous account than we did. */
  readonly syncedBack: boolean;
  readonly keptFile?: string;
}

export type Activation = Activated | { readonly kind: 'needs-consent'; readonly reason: Unadoptable };

const maxAttempts = 5;

/**
 * Makes an account the login of the official client (P6, P7): copies back what the file holds, replaces it under the
 * client's own locks if it is still what we read, and proves it by reading again. Needs the refresh lock of the person
 * and the store; the locks of `auth.json` come last. Throws `not-allowed` for an account whose login the
 * client would delete.
 */
export async function activate(store: Store, home: CodexHome, request: ActivationRequest): Promise<Activation> {
  refuseRestricted(readCodexConfig(home.directory), accountIn(store, request));
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const before = besideRecords(await readSettledAuthFile(home, store.root.clock), store);
    const found = syncBack(store, before.content, request.choosingScopeKey);
    if (found.kind === 'unadoptable' && !request.replacesUnadoptable) {
      return { kind: 'needs-consent', reason: found.reason };
    }
    // Remembered even if the switch fails after this: the record shares the token with this home now.
    if (found.kind === 'adopted' || (found.kind === 'known' && found.wasNewer))
      rememberResidence(store, home, found.account);
    const keptFile = keepWhatIsNowhereElse(store, before.version, found);
    takeLoose(store, before);
    const homes = findHomes(store.root, home);
    takeFromHomes(
      store,
      homes.others.map((each) => each.home),
      (holder) => haveOneLogin(holder, accountIn(store, request)),
    );
    const login = completeLogin(accountIn(store, request));
    refuseEnded(accountIn(store, request), store.root.clock.now());
    refuseSpent(store.root, accountIn(store, request));
    const { takes = false, runningClients } = request;
    const seat = seatFor(homes, accountIn(store, request), { takes, runningClients, records: store });
    const holder = seat.kind === 'linked' ? seat.into : seat.kind === 'moved' ? seat.from : undefined;
    if (holder !== undefined) await bringUpToDate(store, { home: holder, flockHelpers: request.flockHelpers });
    const next = { account: accountIn(store, request), content: formatAuthFile(login), seat };
    const leaving = found.kind === 'known' || found.kind === 'adopted' ? found.account : undefined;
    const replaced = await placeLogin(store, homes, request.flockHelpers, before, leaving, next);
    if (replaced === 'changed-meanwhile') continue;
    forgetResidence(store, next.account, homes.unreachable);
    const account = accountIn(store, request);
    proveLogin(store, home, account);
    if (replaced.changed) logHandOut(store, account);
    // The account of a private home is no choice of the person, whose own home stays as it is.
    if (privateHomeAt(home.directory) !== undefined) rememberUse(store, request);
    else if (replaced.changed || isAnotherChoice(store, request))
      rememberChoice(store, request, outcomeOf(found).previous);
    return {
      kind: 'activated',
      account,
      ...outcomeOf(found),
      ...(keptFile === undefined ? {} : { keptFile }),
      ...replaced,
    };
  }
  throw new AppError('storage-conflict', `${loginPlace(home)} keeps changing while we try to replace it`, {
    hint: 'stop the program that writes it, then run the command again; nothing was overwritten',
    details: { path: home.authFile },
  });
}

/** Whether they are one account, or two workspaces under one refresh token. */
function haveOneLogin(one: Account, other: Account): boolean {
  return one.id === other.id || one.tokens.refreshToken?.equals(other.tokens.refreshToken) === true;
}

const nowhereElse: readonly SyncBack['kind'][] = ['unadoptable', 'removed-earlier'];

function keepWhatIsNowhereElse(store: Store, version: FileVersion, found: SyncBack): string | undefined {
  if (version.kind === 'absent') return undefined;
  const isNowhereElse = found.kind === 'known' ? found.isUnseen : nowhereElse.includes(found.kind);
  if (!isNowhereElse) return undefined;
  return keepAside(store.root, 'auth', version.bytes);
}

/** Throws `sign-in-needed` for a record that lacks a part without which the official client cannot use it. */
export function completeLogin(account: Account): CompleteLogin {
  const { idToken, accessToken, refreshToken, lastRefresh } = account.tokens;
  if (idToken === undefined || accessToken === undefined) {
    const missing = idToken === undefined ? 'id token' : 'access token';
    const message = `${describeAccount(account)} has no ${missing}, which the official client needs`;
    throw new AppError('sign-in-needed', message, { hint: 'codex-auth login' });
  }
  assertOneAccount(account);
  const issuedAt = readClaims(accessToken.reveal())?.issuedAt;
  return {
    idToken,
    accessToken,
    // Pools of other tools do not record it; the token itself says when it was issued.
    lastRefresh: lastRefresh ?? issuedAt ?? account.addedAt ?? 0,
    extras: account.authFile,
    ...definedOnly({ refreshToken, accountId: realAccountId(account.accountId) }),
  };
}

/**
 * Nobody can refresh an account that is set aside, perhaps only just now by another process, or has no refresh token.
 */
function refuseEnded(account: Account, now: number): void {
  const { expiresAt, refreshToken } = account.tokens;
  const isSetAside = 'flag' in account;
  const isLasting = refreshToken !== undefined || expiresAt === undefined;
  if (isSetAside ? (expiresAt ?? 0) > now : isLasting || expiresAt > now) return;
  const what = isSetAside ? 'is set aside, and its access token has ended' : 'has ended, and cannot be renewed here';
  throw new AppError('sign-in-needed', `${describeAccount(account)} ${what}`, { hint: 'codex-auth login' });
}

/** The official client would send a spent token, and end the login for every place that holds its successor. */
function refuseSpent(root: Root, account: Account): void {
  const { refreshToken } = account.tokens;
  if (refreshToken === undefined || !isKnownSpent(root, refreshToken)) return;
  throw outcomeError({ kind: 'spent-token', account });
}

/** The official client would send one workspace's id with another's tokens, and no tool could tell whose file it is. */
function assertOneAccount(account: Account): void {
  if (!holdsForeignTokens(account)) return;
  throw new AppError('sign-in-needed', `the tokens of ${describeAccount(account)} belong to another account`, {
    hint: 'codex-auth fix',
  });
}

/** The proof that the switch happened: what a client would read now. */
function proveLogin(store: Store, home: CodexHome, account: Account): void {
  const { content } = readBeside(home, store);
  if (content?.kind === 'login' && isSameAccount(content.login.identity, account)) return;
  const message = `another program replaced the login in ${loginPlace(home)} right after we wrote it`;
  throw new AppError('storage-conflict', message, {
    hint: 'run the command again',
    details: { path: home.authFile },
  });
}

/** From now on the official client may spend the token; if the token turns out to be spent, the log says why. */
function logHandOut({ root }: Store, { id, tokens }: Account): void {
  logLineage(root, { event: 'handed-out', accountId: id, after: tokens.refreshToken });
}

function outcomeOf(found: SyncBack): Pick<Activated, 'previous' | 'adopted' | 'syncedBack'> {
  if (found.kind === 'adopted') return { previous: found.account, adopted: found.account, syncedBack: true };
  if (found.kind === 'known') return { previous: found.account, syncedBack: found.wasNewer };
  return { syncedBack: false };
}

/** Whose choice an account is. */
interface Choice {
  readonly accountId: string;
  /** The scope whose pool, or flagged file, the account lives in. */
  readonly scopeKey: string | undefined;
  /** The scope whose choice this is. */
  readonly choosingScopeKey: string | undefined;
}

/** The account's record, also where it is set aside: its access token may live. Throws `no-such-account`. */
function accountIn(store: Store, { scopeKey, accountId }: Choice): Account {
  return findStored([store.scope(scopeKey)], accountId);
}

function isAnotherChoice(store: Store, choice: Choice): boolean {
  return isOwnScope(choice) && store.scope(choice.scopeKey).pool.activeId !== choice.accountId;
}

/**
 * The pool remembers the account as its choice, and the one that was really in use before. An account of another pool,
 * or one that is set aside, is used without becoming the choice of this pool, which does not hold it.
 */
function rememberChoice(store: Store, choice: Choice, previous: Account | undefined): void {
  const { pool, flagged } = store.scope(choice.scopeKey);
  if (!isOwnScope(choice)) {
    rememberUse(store, choice);
    return;
  }
  const lastUsedAt = store.root.clock.now();
  const setAside = flagged.accounts.find(({ id }) => id === choice.accountId);
  if (setAside !== undefined) {
    rememberUse(store, choice);
    store.savePool(choice.scopeKey, withChoiceLeft(withPrevious(pool, previous)));
    return;
  }
  const used = { ...accountIn(store, choice), lastUsedAt };
  store.savePool(choice.scopeKey, withActive(withPrevious(withAccount(pool, used), previous), used.id));
}

/** Remembers when the account was used; the choice of the pool stays. */
function rememberUse(store: Store, { scopeKey, accountId }: Choice): void {
  const { pool, flagged } = store.scope(scopeKey);
  const lastUsedAt = store.root.clock.now();
  const isIt = ({ id }: Account) => id === accountId;
  const setAside = flagged.accounts.find(isIt);
  if (setAside !== undefined) store.saveFlagged(scopeKey, withAccount(flagged, { ...setAside, lastUsedAt }));
  const used = pool.accounts.find(isIt);
  if (used !== undefined) store.savePool(scopeKey, withAccount(pool, { ...used, lastUsedAt }));
}

function isOwnScope({ scopeKey, choosingScopeKey }: Choice): boolean {
  return scopeKey === choosingScopeKey;
}

/** `-` goes back to the account that was really in use, also when another program had put it there. */
function withPrevious(pool: Pool, previous: Account | undefined): Pool {
  const isHere = pool.accounts.some((account) => account.id === previous?.id);
  return previous !== undefined && isHere ? { ...pool, activeId: previous.id } : pool;
}
