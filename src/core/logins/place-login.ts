import { lstatSync } from 'node:fs';
import { type Account, describeAccount } from '../accounts/account.js';
import type { AuthFileLogin } from '../codex/auth-file.js';
import type { AuthFileState } from '../codex/auth-file-state.js';
import { type FlockHelper, withCredentialLock } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import { holdsLogin, isMountPoint, loginFilePlace, readLoginVersion, writeLogin } from '../codex/official-login.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { type Homes, otherPlaces, reachableHomes } from '../homes/known-homes.js';
import { homesLinkedTo, isLent, linkedInto, ownFile } from '../homes/links.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import { readBeside } from '../lineage/shared-login.js';
import type { Store } from '../pools/store.js';
import { shellWord } from '../shell/shell-word.js';
import { isSameVersion, makeDirectory } from '../storage/atomic-file.js';
import type { FilePlace } from '../storage/file-place.js';
import { moveLeavingLink, moveOntoLink, removeLink, replaceByLink, replaceLinkByFile } from '../storage/link-file.js';
import type { Root } from '../storage/root.js';
import { syncDirectory } from '../storage/sync.js';
import { findAnywhere } from './enrolment.js';
import { rememberHome, rememberResidence } from './residence.js';
import { followersOnOneLogin, type Seat } from './seat.js';
import { syncBack, tellOtherWorkspaces } from './sync-back.js';

/** What became of the credential file. */
export interface Placed {
  /** False when it already held exactly this login. */
  readonly changed: boolean;
  /** What could go wrong because the client's locks could not be had. */
  readonly risk?: string;
  /** The home whose file this one shares from now on, because the login lives there. */
  readonly sharedWith?: string;
}

/** The login that is to stand in the home. */
export interface NextLogin {
  readonly account: Account;
  /** The content of the file; of no use where the home gets a link instead. */
  readonly content: string;
  readonly seat: Seat;
}

/**
 * Replaces what the current home holds, under the official client's own locks and if it is still what was read. A home
 * with a link to the login that leaves gets it as a file first.
 */
export async function placeLogin(
  store: Store,
  homes: Homes,
  helpers: readonly FlockHelper[],
  before: AuthFileState,
  leaving: Account | undefined,
  next: NextLogin,
): Promise<Placed | 'changed-meanwhile'> {
  const { root } = store;
  const { current: home } = homes;
  const { seat } = next;
  const sharedWith = definedOnly({ sharedWith: seat.kind === 'linked' ? seat.into.directory : undefined });
  if (isInPlace(store, homes, before, next)) {
    rememberHome(store, home, next.account);
    return { changed: false, ...sharedWith };
  }
  const followers = homesLinkedTo(
    home,
    homes.others.map((each) => each.home),
  );
  const besides = seat.kind === 'moved' ? [...followers, seat.from] : followers;
  const options = { home: home.directory, authFile: home.authFile, besides, clock: root.clock, helpers };
  // A home without a login may be new. The directory of a home that had one is not made again: that home is away.
  if (before.version.kind === 'absent') makeDirectory(home.directory);
  return withCredentialLock(options, (lock) => {
    const isUnchanged = () => isSameVersion(readLoginVersion(home), before.version);
    if (!isUnchanged()) return 'changed-meanwhile';
    const handOver = handingOver(isUnchanged, releaseFollowers(store, homes, followers, before, leaving, next));
    try {
      rememberHome(store, home, next.account);
      writeSeat(root, homes, next, handOver.guard);
      for (const { directory } of followers) syncDirectory(directory);
    } catch (error) {
      handOver.takeBack();
      if (error === changedMeanwhile) return 'changed-meanwhile';
      throw error;
    }
    return { changed: true, ...lock, ...sharedWith };
  });
}

function isInPlace({ root }: Store, homes: Homes, { version }: AuthFileState, { content, seat }: NextLogin): boolean {
  const standsIn = linkedInto(homes.current, otherPlaces(homes));
  if (seat.kind === 'linked') return standsIn?.directory === seat.into.directory;
  if (seat.kind === 'moved') return false;
  return standsIn === undefined && holdsLogin(root, homes.current, version, content);
}

function writeSeat(root: Root, homes: Homes, next: NextLogin, guard: () => void): void {
  const { current: home } = homes;
  const { content, seat } = next;
  const others = otherPlaces(homes);
  const isLink = isLent(home, others);
  if (seat.kind === 'own') {
    if (isLink) replaceLinkByFile(home.authFile, content, root.processes, guard);
    else writeLogin(root, home, content, guard);
    return;
  }
  const place: FilePlace = isLink ? { kind: 'replaceable' } : loginFilePlace(root, home);
  if (place.kind === 'closed') throw place.problem;
  if (seat.kind === 'moved') moveLogin(root, homes, next, { place, from: seat.from, guard });
  else {
    // Before anything is handed over.
    if (place.kind === 'in-place' && place.obstacle !== 'hard-link') throw takesNoLink(home, seat.into, next.account);
    replaceByLink(ownFile(home, others), seat.into.authFile, root.processes, guard);
  }
}

interface Move {
  readonly place: FilePlace;
  readonly from: CodexHome;
  readonly guard: () => void;
}

/** Where the login cannot be moved, as between two file systems, it stays, and the home gets a link to it. */
function moveLogin(root: Root, homes: Homes, { content }: NextLogin, { place, from, guard }: Move): void {
  const { current: home } = homes;
  const { processes } = root;
  if (place.kind === 'replaceable') {
    guard();
    const target = ownFile(home, otherPlaces(homes));
    if (moveLeavingLink(from.authFile, target, home.authFile, processes)) return;
    try {
      replaceByLink(target, from.authFile, processes, guard);
      return;
    } catch (error) {
      if (!isMountPoint(error)) throw error;
    }
  }
  writeLogin(root, home, content, () => {
    guard();
    replaceByLink(from.authFile, home.authFile, processes);
  });
}

function takesNoLink({ authFile }: CodexHome, into: CodexHome, account: Account): AppError {
  const message = `${describeAccount(account)} is in use in ${into.directory}, and ${authFile} can be written but no link can take its place`;
  return new AppError('storage-write-failed', message, {
    hint: `switch that home to another account first: CODEX_HOME=${shellWord(into.directory)} codex-auth switch`,
    details: { path: authFile, home: into.directory },
  });
}

/**
 * Before another login takes its place, the one in the file moves to a home that has a link to it; where it is `next`,
 * or stands in a third home, the homes are linked to where it is. Without `next` no other login comes. Returns what is
 * left to do at the moment the file is replaced: done earlier, a crash could leave two files with one refresh token.
 * That returns how to take it back, for a file that could not be replaced after all.
 */
export function releaseFollowers(
  store: Store,
  homes: Homes,
  followers: readonly CodexHome[],
  { version, content }: AuthFileState,
  leaving: Account | undefined,
  next?: NextLogin,
): HandOver {
  const [heir, ...others] = followers;
  if (heir === undefined || version.kind === 'absent') return nothing;
  // These are private homes in which nothing runs: `seatFor` refuses any others. Their next `run` says what it lacks.
  const leftWithout =
    next === undefined ? [] : followersOnOneLogin(homes, next.account, { version, ...definedOnly({ content }) });
  if (leftWithout.length > 0) {
    return () => {
      for (const { authFile } of leftWithout) removeLink(authFile);
      return none;
    };
  }
  const { processes } = store.root;
  const seat = next !== undefined && isLoginOf(content, next.account) ? next.seat : undefined;
  if (seat?.kind === 'own') return nothing;
  const { current: home } = homes;
  const lender = linkedInto(home, reachableHomes(homes));
  const place = seat?.kind === 'linked' ? seat.into : (lender ?? heir);
  // A login that is no account of ours moves too; there is no account to remember for it then.
  if (leaving !== undefined) for (const each of followers) rememberHome(store, each, leaving);
  for (const each of place === heir ? others : followers) replaceByLink(each.authFile, place.authFile, processes);
  if (place !== heir) return nothing;
  return () => {
    // Nothing is taken back into a file that holds the next login already: the error came after that then.
    if (isMovable(store.root, home) && moveOntoLink(home.authFile, heir.authFile))
      return () => {
        if (readLoginVersion(home).kind === 'absent')
          moveLeavingLink(heir.authFile, home.authFile, home.authFile, processes);
      };
    replaceLinkByFile(heir.authFile, version.content, processes);
    return () => {
      if (isSameVersion(readLoginVersion(home), version)) replaceByLink(heir.authFile, home.authFile, processes);
    };
  };
}

type HandOver = () => () => void;

/** Whether the file can be moved: not one with other names, or behind a link of the person's own. */
function isMovable(root: Root, home: CodexHome): boolean {
  const isFile = lstatSync(home.authFile, { throwIfNoEntry: false })?.isFile() === true;
  return isFile && loginFilePlace(root, home).kind === 'replaceable';
}

/** The guard runs right before each attempt to replace the file, and hands over once. */
function handingOver(isUnchanged: () => boolean, handOver: HandOver) {
  let takeBack: (() => void) | undefined;
  return {
    guard() {
      if (takeBack !== undefined) return;
      assertStill(isUnchanged);
      if (handOver !== nothing) takeBack = handOver();
    },
    takeBack: () => takeBack?.(),
  };
}

const none = () => undefined;
const nothing: HandOver = () => none;

/** Takes newer tokens that a client in one of these homes may have got, for the accounts that `isWanted` names. */
export function takeFromHomes(
  store: Store,
  homes: readonly CodexHome[],
  isWanted: (holder: Account, login: AuthFileLogin) => boolean,
): void {
  for (const home of homes) {
    const { content } = readBeside(home, store);
    if (content?.kind !== 'login') continue;
    tellOtherWorkspaces(store, content.login);
    // Found among all records: a login that named no account may name one by now.
    const holder = findAnywhere(store, content.login.identity)?.account;
    if (holder === undefined || !isWanted(holder, content.login)) continue;
    const found = syncBack(store, content, undefined);
    if (found.kind === 'known' && found.wasNewer) rememberResidence(store, home, holder);
  }
}

const changedMeanwhile = new AppError('storage-conflict', 'auth.json changed before it could be replaced');

function assertStill(isUnchanged: () => boolean): void {
  if (!isUnchanged()) throw changedMeanwhile;
}
