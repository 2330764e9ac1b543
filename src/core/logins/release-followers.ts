import { lstatSync } from 'node:fs';
import type { Account } from '../accounts/account.js';
import type { AuthFileState } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { loginFilePlace, readLoginVersion } from '../codex/official-login.js';
import { definedOnly } from '../defined-only.js';
import { type Homes, reachableHomes } from '../homes/known-homes.js';
import { linkedInto } from '../homes/links.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import type { Store } from '../pools/store.js';
import { isSameVersion } from '../storage/atomic-file.js';
import { moveLeavingLink, moveOntoLink, removeLink, replaceByLink, replaceLinkByFile } from '../storage/link-file.js';
import type { Root } from '../storage/root.js';
import { rememberHome } from './residence.js';
import { followersOnOneLogin, type Seat } from './seat.js';

/** Runs at the moment the file is replaced, and returns how to take that back. */
export type HandOver = () => () => void;

const none = () => undefined;

/** Where no home has to be given anything. */
export const nothing: HandOver = () => none;

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
  next?: { readonly account: Account; readonly seat: Seat },
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

/** Whether the file can be moved: not one with other names, or behind a link of the person's own. */
function isMovable(root: Root, home: CodexHome): boolean {
  const isFile = lstatSync(home.authFile, { throwIfNoEntry: false })?.isFile() === true;
  return isFile && loginFilePlace(root, home).kind === 'replaceable';
}
