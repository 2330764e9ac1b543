import type { Account } from '../accounts/account.js';
import { findSame } from '../accounts/identity.js';
import { isNewer } from '../accounts/lineage.js';
import { type AuthFileLogin, type NewerTokens, withNewerTokens } from '../codex/auth-file.js';
import type { AuthFileState } from '../codex/auth-file-state.js';
import { withCredentialLock } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import { loginName, loginStoreKind, readLoginVersion, writeLogin } from '../codex/official-login.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { findHomes } from '../homes/known-homes.js';
import { withoutLinked } from '../homes/links.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import { holdsForeignTokens, sharesItsLogin } from '../lineage/foreign-tokens.js';
import { isKnownSpent, isKnownToken, isProvenToken, logLineage, readLineage } from '../lineage/lineage-log.js';
import { historyOf, successorOf } from '../lineage/newest.js';
import { isOfOneSignIn, readBeside } from '../lineage/shared-login.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { areOfDifferentIssuers } from '../provider/foreign-issuer.js';
import type { Secret } from '../secret.js';
import { isSameVersion } from '../storage/atomic-file.js';
import { keepAside } from '../storage/kept.js';
import { placeLogin } from './place-login.js';
import type { RefreshDeps } from './refresh-deps.js';
import { type HeldLogin, isRemembered, rememberResidence } from './residence.js';
import { takeFromHomes } from './take-from-homes.js';

type WriteBackDeps = Pick<RefreshDeps, 'home' | 'flockHelpers' | 'warn'>;

/** An exchange of a refresh token that has just happened. */
export interface Exchange {
  readonly spent: Secret;
  readonly received: Secret | undefined;
}

/**
 * Brings the official homes up to our newest tokens where they hold a refresh token that we have spent, for this account
 * or for another workspace of its login, or one that was ours before the provider gave its account a newer login. A login
 * that was never ours is not ours to touch, and neither is what the file holds besides the login. Where another home has our
 * newest tokens by then, a home shares its file instead (P22). The pool has the tokens already, so a file that cannot be
 * written is a warning, not a loss.
 */
export async function writeBack(store: Store, deps: WriteBackDeps, exchanges: readonly Exchange[] = []): Promise<void> {
  const { current, others } = findHomes(store.root, deps.home);
  const known = others.map(({ home }) => home);
  // A home that is new here may be a copy that is thrown away later: the others must not come to depend on it.
  const homes = isRemembered(store.root, current) ? [current, ...known] : [...known, current];
  const isBehindAnywhere = withoutLinked(homes).some((home) => newerFor(readBeside(home, store), store, { exchanges }));
  // What a home is given, or has to give up, may be behind what a client has got in another one, or all that a workspace has.
  if (isBehindAnywhere) takeFromHomes(store, homes, () => true);
  for (const home of withoutLinked(homes)) await writeBackTo(store, { ...deps, home }, { exchanges, homes });
}

/**
 * The same for one home whose file another home is about to share: any older login there is replaced, or both homes
 * would go on with it, and one that may live is kept aside. Throws `storage-write-failed` where the file stays behind.
 */
export async function bringUpToDate(store: Store, deps: Omit<WriteBackDeps, 'warn'>): Promise<void> {
  const problems: string[] = [];
  const rule = { exchanges: [], replacesOlder: true };
  await writeBackTo(store, { ...deps, warn: (problem) => problems.push(problem) }, rule);
  if (newerFor(readBeside(deps.home, store), store, rule) === undefined) return;
  const why = problems.length === 0 ? '' : `: ${problems.join('; ')}`;
  throw new AppError('storage-write-failed', `${deps.home.authFile} holds an older login${why}`, {
    hint: `see that ${deps.home.authFile} can be written, then run the command again`,
    details: { path: deps.home.authFile },
  });
}

/** Which logins give way to ours. */
interface Rule {
  readonly exchanges: readonly Exchange[];
  /** Any older login gives way; otherwise only one that is spent, or that was ours. */
  readonly replacesOlder?: boolean;
  /** The homes whose file the home may share. */
  readonly homes?: readonly CodexHome[];
}

async function writeBackTo(store: Store, deps: WriteBackDeps, rule: Rule): Promise<void> {
  const { home, warn } = deps;
  const before = readBeside(home, store);
  const newer = newerFor(before, store, rule);
  if (newer === undefined) return;
  const place = loginName(home);
  try {
    const holder = holderOf(before, store);
    if (holder !== undefined) rememberResidence(store, home, holder);
    const keeper = keeperOf(store, home, rule.homes ?? [], newer.refreshToken);
    if (keeper !== undefined && holder !== undefined && canShare(home, keeper, holder))
      await share(store, deps, before, holder, keeper.home);
    else if (keeper === undefined || !isUnspent(before, store, newer)) await rewrite(store, deps, rule);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warn(`${place} still holds an older login: ${error.message}; the new one is stored, codex-auth check tries again`);
  }
}

async function rewrite(store: Store, { home, flockHelpers: helpers, warn }: WriteBackDeps, rule: Rule): Promise<void> {
  const { clock } = store.root;
  await withCredentialLock({ home: home.directory, authFile: home.authFile, clock, helpers }, ({ risk }) => {
    const before = readBeside(home, store);
    const newer = newerFor(before, store, rule);
    if (newer === undefined || before.version.kind === 'absent') return;
    if (rule.replacesOlder === true) keepUnlessSpent(store, before);
    const guard = () => {
      if (!isSameVersion(readLoginVersion(home), before.version)) throw changedMeanwhile();
    };
    writeLogin(store.root, home, withNewerTokens(before.version.content, newer), guard);
    if (risk !== undefined) warn(risk);
    const accountId = holderOf(before, store)?.id;
    if (accountId !== undefined) {
      logLineage(store.root, { event: 'handed-out', accountId, ...definedOnly({ after: newer.refreshToken }) });
    }
  });
}

/** Links the home to the other file: of two files with one refresh token, one would in time hold a spent one. */
async function share(
  store: Store,
  { home, flockHelpers, warn }: WriteBackDeps,
  before: AuthFileState,
  account: Account,
  into: CodexHome,
): Promise<void> {
  const next = { account, content: '', seat: { kind: 'linked', into } } as const;
  const placed = await placeLogin(store, findHomes(store.root, home), flockHelpers, before, account, next);
  if (placed === 'changed-meanwhile') throw changedMeanwhile();
  if (placed.risk !== undefined) warn(placed.risk);
  logLineage(store.root, { event: 'handed-out', accountId: account.id, after: account.tokens.refreshToken });
}

function changedMeanwhile(): AppError {
  return new AppError('storage-conflict', 'another program changed it at the same moment');
}

/** The other home that holds this token. */
function keeperOf(
  store: Store,
  home: CodexHome,
  homes: readonly CodexHome[],
  token: Secret | undefined,
): HeldLogin | undefined {
  const others = withoutLinked(homes).filter(({ directory }) => directory !== home.directory);
  return others
    .map((each) => ({ home: each, state: readBeside(each, store) }))
    .find(({ state: { content } }) => content?.kind === 'login' && token?.equals(content.login.tokens.refreshToken));
}

/** A keyring knows no links, and another workspace of the login needs a file of its own. */
function canShare(home: CodexHome, { home: into, state }: HeldLogin, account: Account): boolean {
  return isLoginOf(state.content, account) && [home, into].every((each) => loginStoreKind(each) === 'file');
}

/** A home that has a login of its own, which may live, needs no copy of what another home has. */
function isUnspent({ content }: AuthFileState, { root }: Store, newer: NewerTokens): boolean {
  const theirs = content?.kind === 'login' ? content.login.tokens.refreshToken : undefined;
  return theirs !== undefined && !theirs.equals(newer.refreshToken) && !isKnownSpent(root, theirs);
}

/** Whether {@link writeBack} would change the file, as far as that shows without the locks. */
export function isBehind(state: AuthFileState, store: Pick<Store, 'root' | 'scopes'>): boolean {
  return newerFor(state, store, { exchanges: [] }) !== undefined;
}

function newerFor(
  { content }: AuthFileState,
  store: Pick<Store, 'root' | 'scopes'>,
  { exchanges, replacesOlder = false }: Rule,
): NewerTokens | undefined {
  if (content?.kind !== 'login') return undefined;
  const { login } = content;
  const holder = holderOf({ content }, store);
  const theirs = login.tokens.refreshToken;
  if (theirs === undefined) return newerForAccessOnly(holder, login);
  const exchange = exchanges.find(({ spent }) => theirs.equals(spent));
  const isSpent = () => exchange !== undefined || isKnownSpent(store.root, theirs);
  const shared = () => exchange?.received ?? (isSpent() ? sharedSuccessor(store, theirs) : undefined);
  const ours = holder === undefined ? shared() : holder.tokens.refreshToken;
  if (ours === undefined) return undefined;
  const access = holder === undefined ? undefined : newerAccess(holder, login);
  if (ours.equals(theirs)) return access === undefined ? undefined : { refreshToken: ours, access };
  const wasOurs = () => isKnownToken(store.root, theirs) && isProvenToken(store.root, ours);
  const givesWay = () =>
    holder !== undefined && isOlder(login, holder) && (replacesOlder || isOfOneSignIn(holder, login) || wasOurs());
  if (!isSpent() && !givesWay()) return undefined;
  // A copy of the pool from before came back: with it, the client would end the login.
  if (isKnownSpent(store.root, ours)) return undefined;
  return definedOnly({ refreshToken: ours, access, names: holder && namesOfLogin(holder) });
}

/** The token for a workspace that has no record: what another workspace of its login holds by now. */
function sharedSuccessor(store: Pick<Store, 'root' | 'scopes'>, spent: Secret): Secret | undefined {
  return successorOf(spent, recordsOf(store.scopes()), historyOf(readLineage(store.root)));
}

/** A login of another provider is neither older nor newer. */
function isOlder(login: AuthFileLogin, { tokens, provenance }: Account): boolean {
  if (areOfDifferentIssuers(definedOnly({ tokens, provenance }), login)) return false;
  return !isNewer({ source: 'auth-file', tokens: login.tokens }, { source: 'pool', tokens });
}

/** What is new at each login (official-client.md#login-file): a file that gets another login gets that too. */
function namesOfLogin({ authFile }: Account): NewerTokens['names'] {
  const { login_owner_id, oauth_provenance } = authFile?.tokens ?? {};
  return definedOnly({ login_owner_id, oauth_provenance });
}

/** A login that nobody has spent may live, and this may be the only copy. */
function keepUnlessSpent({ root }: Store, { version, content }: AuthFileState): void {
  if (content?.kind !== 'login' || version.kind === 'absent') return;
  const { refreshToken } = content.login.tokens;
  if (refreshToken !== undefined && !isKnownSpent(root, refreshToken)) keepAside(root, 'auth', version.bytes);
}

/** What another machine refreshes comes to us as an access token, and later perhaps with the refresh token. */
function newerForAccessOnly(holder: Account | undefined, login: AuthFileLogin): NewerTokens | undefined {
  if (holder === undefined) return undefined;
  const { refreshToken, accessToken } = holder.tokens;
  const access = newerAccess(holder, login);
  const isKeeperNow = refreshToken !== undefined && accessToken?.equals(login.tokens.accessToken) === true;
  return access === undefined && !isKeeperNow ? undefined : definedOnly({ access, refreshToken });
}

/** The record of the file's login; not one with another account's tokens, which are no successors of those there. */
function holderOf({ content }: Pick<AuthFileState, 'content'>, store: Pick<Store, 'scopes'>): Account | undefined {
  if (content?.kind !== 'login') return undefined;
  const records = recordsOf(store.scopes());
  const holder = findSame(records, content.login.identity);
  const isMixedUp = holder !== undefined && holdsForeignTokens(holder) && !sharesItsLogin(holder, records);
  return isMixedUp ? undefined : holder;
}

/** A client may have got a newer access token than ours for a refresh token that is spent by now. */
function newerAccess({ tokens }: Account, login: AuthFileLogin): NewerTokens['access'] {
  const { accessToken, idToken, lastRefresh } = tokens;
  if (accessToken === undefined || lastRefresh === undefined || accessToken.equals(login.tokens.accessToken))
    return undefined;
  if (!isNewer({ source: 'pool', tokens }, { source: 'auth-file', tokens: login.tokens })) return undefined;
  return definedOnly({ accessToken, idToken, lastRefresh });
}
