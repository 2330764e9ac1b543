import { type Account, describeAccount } from '../accounts/account.js';
import { type AuthFileState, readSettledAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { privateHomeAt } from '../codex/private-home.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { findHomes, type Homes, isCurrent, reachableHomes } from '../homes/known-homes.js';
import { withoutLinked } from '../homes/links.js';
import { homeIdAt, markHome, pathId, rootHomeId } from '../homes/marker.js';
import { type HomeRecord, readHomes, withHome } from '../homes/registry.js';
import { fingerprint } from '../lineage/journal.js';
import { besideRecords, type Records, readBeside, recordsIn } from '../lineage/shared-login.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import type { Root } from '../storage/root.js';
import { realPath } from '../storage/same-directory.js';

/* Which login each home holds, as its file says, and as this root remembers for a home that cannot be read. */

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
