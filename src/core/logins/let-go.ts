import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from '../accounts/account.js';
import { isNewer } from '../accounts/lineage.js';
import { withoutRefreshToken } from '../codex/auth-file.js';
import { withCredentialLock } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import { readLoginVersion, writeLogin } from '../codex/official-login.js';
import { AppError } from '../errors.js';
import { findHomes } from '../homes/known-homes.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import { isKnownSpent, logLineage } from '../lineage/lineage-log.js';
import { readBeside } from '../lineage/shared-login.js';
import { changeRecords } from '../pools/change-records.js';
import type { Store } from '../pools/store.js';
import type { Secret } from '../secret.js';
import { isSameVersion, listDirectory, readVersion, replaceFile } from '../storage/atomic-file.js';
import { keepAside } from '../storage/kept.js';
import { sweepLeftovers } from '../storage/leftovers.js';
import type { RefreshDeps } from './refresh-deps.js';
import { heldLogins } from './residence.js';

export interface LettingGo {
  readonly account: Account;
  readonly token: Secret;
  /** Whether the token is known to live on in another root, so that no copy of it here may ever be sent. */
  readonly isSpentElsewhere: boolean;
  /** Whether copies in backups and in what is kept lose it as well. */
  readonly sweeps: boolean;
}

/**
 * Takes a refresh token out of this root: out of the homes of the official client first, whose login lives on until its
 * access token ends, then out of every record. Returns `news` where a client has got another one meanwhile, which is to
 * be taken back before anything is let go. Throws where a home cannot be written. Needs the lock of the person and the
 * store.
 */
export async function letGo(
  store: Store,
  deps: Pick<RefreshDeps, 'home' | 'flockHelpers'>,
  letting: LettingGo,
): Promise<'gone' | 'news'> {
  const { account, token, isSpentElsewhere, sweeps } = letting;
  for (const { home } of heldLogins(findHomes(store.root, deps.home), store)) {
    if ((await emptyHome(store, home, deps, letting)) === 'news') return 'news';
    // A process that was killed beside that file may have left a copy of it.
    sweepLeftovers(store.root, home.authFile);
  }
  if (isSpentElsewhere) markReleased(store, account, token);
  takeFromRecords(store, token);
  if (sweeps) sweepCopies(store, token);
  return 'gone';
}

/** Without this mark a copy that nobody knows of could be sent later, and end the login for its keeper. */
function markReleased({ root }: Store, { id }: Account, token: Secret): void {
  const { problem } = logLineage(root, { event: 'released', accountId: id, before: token });
  if (problem === undefined) return;
  throw new AppError('storage-write-failed', `${problem}; the login stays on this machine`, {
    hint: `see that ${root.paths.lineageLog} can be written, then run the command again`,
  });
}

function emptyHome(
  store: Store,
  home: CodexHome,
  { flockHelpers: helpers }: Pick<RefreshDeps, 'flockHelpers'>,
  { account, token }: LettingGo,
): Promise<'gone' | 'news'> {
  const options = { home: home.directory, authFile: home.authFile, clock: store.root.clock, helpers };
  const look = () => {
    const state = readBeside(home, store);
    const tokens = state.content?.kind === 'login' ? state.content.login.tokens : undefined;
    const held = tokens?.refreshToken;
    const isOurs = held?.equals(token) === true || isLoginOf(state.content, account);
    if (tokens === undefined || held === undefined || !isOurs) return { kind: 'nothing' as const };
    const isOther = !held.equals(token) && !isKnownSpent(store.root, held);
    const isLater = isNewer({ source: 'auth-file', tokens }, { source: 'pool', tokens: account.tokens });
    if (isOther && isLater) return { kind: 'news' as const };
    return { kind: 'held' as const, version: state.version, isOther };
  };
  const first = look();
  if (first.kind !== 'held') return Promise.resolve(first.kind === 'news' ? 'news' : 'gone');
  return withCredentialLock(options, () => {
    const found = look();
    if (found.kind !== 'held') return found.kind === 'news' ? 'news' : 'gone';
    const { version, isOther } = found;
    if (version.kind === 'absent') return 'gone';
    // The home holds another sign-in, which is older than the record: no other place has it.
    if (isOther) keepAside(store.root, 'auth', version.bytes);
    const guard = () => {
      if (isSameVersion(readLoginVersion(home), version)) return;
      const message = 'another program changed the login of the official client at the same moment';
      throw new AppError('storage-conflict', message);
    };
    writeLogin(store.root, home, withoutRefreshToken(version.content), guard, { endsHardLink: true });
    return 'gone';
  });
}

function takeFromRecords(store: Store, token: Secret): void {
  changeRecords(store, (account) => {
    if (!token.equals(account.tokens.refreshToken)) return account;
    const { refreshToken: _, ...tokens } = account.tokens;
    return { ...account, tokens: { ...tokens, generation: tokens.generation + 1 } };
  });
}

/** Empties the token in copies of the files of the root, where an empty text counts as no token. */
function sweepCopies({ root }: Store, token: Secret): void {
  const { paths, processes } = root;
  const spared = [paths.locks, paths.bin, paths.cache, paths.privateHomes, paths.lineageLog, paths.quotaHistory];
  for (const path of filesBelow(paths.root, spared)) {
    const version = readVersion(path);
    if (version.kind === 'absent' || !version.content.includes(token.reveal())) continue;
    replaceFile({ path, content: version.content.replaceAll(token.reveal(), '') }, processes);
  }
}

function filesBelow(directory: string, spared: readonly string[]): string[] {
  return listDirectory(directory).flatMap((name) => {
    const path = join(directory, name);
    if (spared.includes(path)) return [];
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return filesBelow(path, spared);
    return /\.(json|bak)(\.\d+)?$/.test(name) ? [path] : [];
  });
}
