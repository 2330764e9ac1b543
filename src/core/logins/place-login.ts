import { type Account, describeAccount } from '../accounts/account.js';
import type { AuthFileState } from '../codex/auth-file-state.js';
import { type FlockHelper, withCredentialLock } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import { holdsLogin, isHeldByMount, loginFilePlace, readLoginVersion, writeLogin } from '../codex/official-login.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { type Homes, otherPlaces } from '../homes/known-homes.js';
import { homesLinkedTo, isLent, linkedInto, ownFile } from '../homes/links.js';
import type { Store } from '../pools/store.js';
import { shellWord } from '../shell/shell-word.js';
import { isSameVersion, makeDirectory } from '../storage/atomic-file.js';
import type { FilePlace } from '../storage/file-place.js';
import { moveLeavingLink, replaceByLink, replaceLinkByFile } from '../storage/link-file.js';
import type { Root } from '../storage/root.js';
import { syncDirectory } from '../storage/sync.js';
import { type HandOver, nothing, releaseFollowers } from './release-followers.js';
import { rememberHome } from './residence.js';
import type { Seat } from './seat.js';

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
      if (!isHeldByMount(error)) throw error;
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

const changedMeanwhile = new AppError('storage-conflict', 'auth.json changed before it could be replaced');

function assertStill(isUnchanged: () => boolean): void {
  if (!isUnchanged()) throw changedMeanwhile;
}
