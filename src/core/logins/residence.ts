import { type Account, describeAccount } from '../accounts/account.js';
import { type AuthFileState, looseLoginIn, readSettledAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { loginPlace, loginStoreKind } from '../codex/official-login.js';
import { privateHomeAt } from '../codex/private-home.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { findHomes, type Homes, isCurrent, reachableHomes } from '../homes/known-homes.js';
import { homesLinkedTo, linkedInto, withoutLinked } from '../homes/links.js';
import { homeIdAt, markHome, pathId, rootHomeId } from '../homes/marker.js';
import { type HomeRecord, readHomes, withHome } from '../homes/registry.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import { fingerprint } from '../lineage/journal.js';
import { besideRecords, type Records, readBeside, recordsIn } from '../lineage/shared-login.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { shellWord } from '../shell/shell-word.js';
import type { Root } from '../storage/root.js';
import { realPath } from '../storage/same-directory.js';

/*
 * One login, one home: of two files with one refresh token, one would sooner or later hold a spent one. A login that two
 * homes want stands in the file of the first, and the second has a link to it.
 */

/** How the login of an account comes to stand in a home. */
export type Seat =
  | { readonly kind: 'own' }
  | { readonly kind: 'linked'; readonly into: CodexHome }
  /** Moved out of a private home in which nothing runs, which then has a link to it. */
  | { readonly kind: 'moved'; readonly from: CodexHome };

export interface SeatRules {
  /** The login is taken also from a home that cannot be read now. */
  readonly takes: boolean;
  /** The pids of official clients that use a home. */
  readonly runningClients: (home: CodexHome) => readonly number[];
  readonly records: Records;
}

/** One credential of the official client, and what it holds. */
export interface HeldLogin {
  readonly home: CodexHome;
  readonly state: AuthFileState;
}

/** What each credential holds that can be read; homes that share a file count once. */
export function heldLogins(homes: Homes, records: Records): HeldLogin[] {
  return withoutLinked(reachableHomes(homes)).map((home) => ({ home, state: readBeside(home, records) }));
}

/** The same for the homes that this run and this root know, each as soon as its content makes sense. */
export async function settledLogins(root: Root, current: CodexHome): Promise<HeldLogin[]> {
  const homes = withoutLinked(reachableHomes(findHomes(root, current)));
  return Promise.all(homes.map(async (home) => ({ home, state: await readSettledBeside(root, home) })));
}

/** The credential of one home, as soon as its content makes sense. */
export async function readSettledBeside(root: Root, home: CodexHome): Promise<AuthFileState> {
  return besideRecords(await readSettledAuthFile(home, root.clock), recordsIn(root));
}

/**
 * Throws `not-allowed` where the account's login lives in a home that cannot be read now, unless `takes` is set, and
 * where it cannot stand in both homes at once.
 */
export function seatFor(homes: Homes, account: Account, { takes, runningClients, records }: SeatRules): Seat {
  const away = homes.unreachable.find((record) => mayHold(record, account, records));
  if (away !== undefined && !takes) throw livesAway(account, away);
  const staying = followersOnOneLogin(homes, account, readBeside(homes.current, records));
  const inUse = staying.find((each) => privateHomeAt(each.directory) === undefined || runningClients(each).length > 0);
  if (inUse !== undefined) throw sharesToken(account, inUse);
  const holdsOurs = ({ state: { content } }: HeldLogin) =>
    content?.kind === 'login' && content.login.tokens.refreshToken?.equals(account.tokens.refreshToken) === true;
  const held = heldLogins(homes, records);
  // Homes with our own token come first: a home with an older login of the account counts only where none has it.
  for (const { home, state } of [...held.filter(holdsOurs), ...held]) {
    if (home.directory === homes.current.directory) continue;
    if (isLoginOf(state.content, account)) {
      const isMovable = mayLeave(homes, home) && runningClients(home).length === 0;
      return isMovable ? { kind: 'moved', from: home } : linked(homes.current, home, account);
    }
    if (holdsOurs({ home, state })) throw sharesToken(account, home);
    if (looseLoginIn(state)?.tokens.refreshToken?.equals(account.tokens.refreshToken) === true)
      throw sharesLoosely(account, home);
  }
  return { kind: 'own' };
}

/** A file that cannot become an account, under the id of another one for instance: a client may go on with its token. */
function sharesLoosely(account: Account, home: CodexHome): AppError {
  const what = `${home.authFile} holds the login of ${describeAccount(account)}, and not as this account`;
  return new AppError('not-allowed', what, {
    hint: `CODEX_HOME=${shellWord(home.directory)} codex-auth switch ${shellWord(account.id)} --replace`,
    details: { home: home.directory },
  });
}

/**
 * The homes with a link to the file of this one, where that holds another workspace of the account's login: they could not
 * keep what they have without a second file with its token.
 */
export function followersOnOneLogin(
  { current, others }: Homes,
  account: Account,
  { content }: AuthFileState,
): CodexHome[] {
  const { refreshToken } = account.tokens;
  if (content?.kind !== 'login' || refreshToken === undefined || isLoginOf(content, account)) return [];
  if (!refreshToken.equals(content.login.tokens.refreshToken)) return [];
  const beside = others.map((each) => each.home);
  return linkedInto(current, beside) === undefined ? homesLinkedTo(current, beside) : [];
}

/** Whether a login may move from a private home to one of the person's own: not while other homes are linked to it. */
function mayLeave({ current, others }: Homes, home: CodexHome): boolean {
  if (privateHomeAt(home.directory) === undefined || privateHomeAt(current.directory) !== undefined) return false;
  if (loginStoreKind(current) !== 'file') return false;
  const beside = others.map((each) => each.home);
  return homesLinkedTo(home, beside).length === 0;
}

function linked(home: CodexHome, into: CodexHome, account: Account): Seat {
  const isLinkable = [home, into].every((each) => loginStoreKind(each) === 'file');
  if (isLinkable) return { kind: 'linked', into };
  const message = `${describeAccount(account)} is in use in ${loginPlace(into)} of ${into.directory}`;
  throw new AppError('not-allowed', message, {
    hint: `switch that home to another account first: CODEX_HOME=${into.directory} codex-auth switch`,
    details: { home: into.directory },
  });
}

function sharesToken(account: Account, home: CodexHome): AppError {
  const who = describeAccount(account);
  return new AppError('not-allowed', `the login of ${who} is in use for another workspace in ${home.directory}`, {
    hint: `switch that home to another account first, or sign in to ${who} again: codex-auth login`,
    details: { home: home.directory },
  });
}

/** Whether a home that cannot be read now had this login last, also as that of another workspace. */
export function mayHold(record: HomeRecord, { id, tokens: { refreshToken } }: Account, { scopes }: Records): boolean {
  if (record.accountId === id) return true;
  if (refreshToken === undefined) return false;
  const living = recordsOf(scopes()).find((each) => each.id === record.accountId);
  return record.fingerprint === fingerprint(refreshToken.reveal()) || refreshToken.equals(living?.tokens.refreshToken);
}

/** Why a login in a home that cannot be read stays there, and is not spent: that home could not get the next token. */
export function livesAway(account: Account, { path, id }: HomeRecord): AppError {
  const where = path ?? 'a home';
  return new AppError('not-allowed', `${describeAccount(account)} lives in ${where}, which cannot be read now`, {
    hint: `make that home reachable; or take the login away from it with --take, and whoever uses it there is signed out; or, if it is gone for good, codex-auth doctor --forget-home ${id}`,
    details: { home: where, homeId: id },
  });
}

/** Remembers which login a home is about to hold. Call it before the write: an unknown home could lose the login. */
export function rememberHome(store: Store, home: CodexHome, account: Account): void {
  const { root } = store;
  const known = readHomes(root);
  const id = ownIdOf(store, home, known) ?? markHome(root, home.directory);
  const { refreshToken } = account.tokens;
  store.changeHomes((homes) =>
    withHome(
      homes,
      definedOnly({
        id,
        path: id === rootHomeId ? undefined : realPath(home.directory),
        kind: privateHomeAt(home.directory) === undefined ? ('own' as const) : ('private' as const),
        accountId: account.id,
        fingerprint: refreshToken && fingerprint(refreshToken.reveal()),
        writtenAt: root.clock.now(),
      }),
    ),
  );
}

/** The same for a home that has got the login by other means; writes nothing where the registry has that already. */
export function rememberResidence(store: Store, home: CodexHome, account: Account): void {
  const known = readHomes(store.root).find((each) => isCurrent(store.root, home, each));
  if (known?.accountId !== account.id) rememberHome(store, home, account);
}

/** Whether a login of this root was ever written there, or taken from there. */
export function isRemembered(root: Root, home: CodexHome): boolean {
  return readHomes(root).some((each) => isCurrent(root, home, each));
}

/** The id of a home; undefined also for a home that was copied together with the marker of another one. */
function ownIdOf({ root }: Store, home: CodexHome, known: readonly HomeRecord[]): string | undefined {
  const ofPath = known.find((each) => each.id === pathId(home.directory))?.id;
  const id = homeIdAt(root, home.directory) ?? ofPath;
  const record = known.find((each) => each.id === id);
  return record === undefined || isCurrent(root, home, record) ? id : undefined;
}

/** The account's login has been taken: these homes are no longer remembered as holding it. */
export function forgetResidence(store: Store, account: Account, homes: readonly HomeRecord[]): void {
  const left = homes.filter((each) => mayHold(each, account, store)).map((each) => each.id);
  if (left.length === 0) return;
  store.changeHomes((all) =>
    all.map((each) => {
      if (!left.includes(each.id)) return each;
      const { accountId: _, fingerprint: __, ...rest } = each;
      return rest;
    }),
  );
}
