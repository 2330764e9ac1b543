import { findSame } from '../accounts/identity.js';
import { formatAuthFile } from '../codex/auth-file.js';
import { withCredentialLock } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import { loginPlace, readLoginVersion, writeLogin } from '../codex/official-login.js';
import { AppError } from '../errors.js';
import { findHomes } from '../homes/known-homes.js';
import { judgeBeside } from '../lineage/foreign-login.js';
import { logLineage } from '../lineage/lineage-log.js';
import { readBeside } from '../lineage/shared-login.js';
import { recordsOf } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { readableScopes } from '../pools/stored-files.js';
import { type FileVersion, isSameVersion } from '../storage/atomic-file.js';
import { keepAside } from '../storage/kept.js';
import { completeLogin } from './activate.js';
import { withPersonLock } from './person-lock.js';
import { placeLogin } from './place-login.js';
import type { RefreshDeps } from './refresh-deps.js';
import { rememberResidence } from './residence.js';
import { type Seat, seatFor } from './seat.js';
import { syncBack } from './sync-back.js';
import { withStore } from './with-store.js';

type SettleDeps = Pick<RefreshDeps, 'root' | 'home' | 'flockHelpers' | 'runningClients' | 'signal'>;

/**
 * Takes newer tokens from `auth.json`, and writes the newest into it, in the form the official client wants: complete,
 * and a file of its own without hard links. What belongs to no account of ours is left alone.
 */
export async function settleAuthFile(deps: SettleDeps): Promise<void> {
  const { root, home, signal } = deps;
  const scopes = readableScopes(root.paths);
  const records = recordsOf(scopes);
  const content = judgeBeside(readBeside(home, { root, scopes: () => scopes }).content, records);
  if (content?.kind !== 'login') return;
  const holder = findSame(records, content.login.identity);
  if (holder === undefined) return;
  await withPersonLock(root, holder, { signal }, () => withStore(root, { signal }, (store) => settle(store, deps)));
}

async function settle(store: Store, { root, home, flockHelpers, runningClients }: SettleDeps): Promise<void> {
  const before = readBeside(home, store);
  if (before.content?.kind !== 'login') return;
  const { identity, tokens } = before.content.login;
  const holder = () => findSame(recordsOf(store.scopes()), identity);
  if (holder() === undefined) return;
  const found = syncBack(store, before.content, undefined);
  if (found.kind !== 'known') return;
  if (found.isUnseen && before.version.kind === 'present') keepAside(root, 'auth', before.version.bytes);
  const account = holder();
  if (account === undefined) return;
  const content = formatAuthFile(completeLogin(account));
  const isTheirs = account.tokens.refreshToken?.equals(tokens.refreshToken) === true;
  const homes = findHomes(root, home);
  const seat = isTheirs ? own : seatFor(homes, account, { takes: false, runningClients, records: store });
  if (seat.kind === 'own') {
    rememberResidence(store, home, account);
    const options = { home: home.directory, authFile: home.authFile, clock: root.clock, helpers: flockHelpers };
    await withCredentialLock(options, () => {
      writeLogin(root, home, content, () => assertUnchanged(home, before.version), { endsHardLink: true });
    });
  } else {
    const placed = await placeLogin(store, homes, flockHelpers, before, account, { account, content, seat });
    if (placed === 'changed-meanwhile') throw changedMeanwhile(home);
  }
  logLineage(root, { event: 'handed-out', accountId: account.id, after: account.tokens.refreshToken });
}

const own: Seat = { kind: 'own' };

function assertUnchanged(home: CodexHome, expected: FileVersion): void {
  if (!isSameVersion(readLoginVersion(home), expected)) throw changedMeanwhile(home);
}

function changedMeanwhile(home: CodexHome): AppError {
  const message = `another program changed ${loginPlace(home)} at the same moment; nothing was overwritten`;
  return new AppError('storage-conflict', message);
}
