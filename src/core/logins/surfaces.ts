import type { Account } from '../accounts/account.js';
import { contradicts, type Identity, isSameAccount } from '../accounts/identity.js';
import { type ClientKind, listClients, type RunningClient } from '../codex/clients.js';
import { type Asking, askDaemon, type DaemonReport } from '../codex/daemon.js';
import { type CodexHome, runningDaemon } from '../codex/home.js';
import { definedOnly } from '../defined-only.js';
import { orInstead } from '../errors.js';
import { type LineageRecord, readLineage } from '../lineage/lineage-log.js';
import type { Root } from '../storage/root.js';

/** One place where the official client runs, and whose login it has in memory. */
export interface Surface {
  readonly kind: ClientKind;
  readonly pid?: number;
  readonly account: 'new' | 'old' | 'unknown';
  /** What makes it use the new account; absent where it does. */
  readonly cure?: string;
}

export interface SurfaceReport {
  readonly surfaces: readonly Surface[];
  /** Conversations of the background server with a turn under way; absent where it does not tell. */
  readonly busyThreads?: number;
}

export interface Switched {
  readonly account: Account;
  readonly previous?: Pick<Account, 'id'>;
  readonly changed: boolean;
}

/** What the person has to do about each kind of client that still has another login. */
const cures: Readonly<Record<ClientKind, string>> = {
  daemon: 'codex app-server daemon restart',
  session: 'start it again; until then it works as before, or asks to sign in again',
  exec: 'let it finish, or stop it and run it again',
  editor: "restart the editor's Codex extension, or reload its window",
  'app-server': 'restart the program that runs it, such as the desktop app',
};

/**
 * Where the official client runs with this home, and with which account, after a switch
 * (official-client.md#background-server). The background server is asked; of the others it is known when they read the
 * login file and what it held then. Takes two seconds at most; never throws.
 */
export async function inspectSurfaces(
  root: Root,
  home: CodexHome,
  switched: Switched,
  asking: Omit<Asking, 'clock'>,
): Promise<SurfaceReport> {
  const clients = listClients(home);
  const report = await askDaemon(home, { ...asking, clock: root.clock });
  const daemon = daemonSurface(root, home, clients, report, switched);
  const surfaces = clients
    .filter(({ kind }) => kind !== 'daemon')
    .map((client) => {
      if (client.sharesDaemon && daemon !== undefined)
        return withCure('session', client.pid, daemon.account, cures.daemon);
      return withCure(client.kind, client.pid, accountInMemory(root, client, switched));
    });
  return definedOnly({
    surfaces: daemon === undefined ? surfaces : [daemon, ...surfaces],
    busyThreads: report?.busyThreads,
  });
}

function daemonSurface(
  root: Root,
  home: CodexHome,
  clients: readonly RunningClient[],
  report: DaemonReport | undefined,
  switched: Switched,
): Surface | undefined {
  const listed = clients.find(({ kind }) => kind === 'daemon');
  const pid = listed?.pid ?? runningDaemon(home, root.processes);
  if (report !== undefined) return withCure('daemon', pid, whoseLogin(report.login, switched.account));
  if (pid === undefined) return undefined;
  return withCure('daemon', pid, listed === undefined ? 'unknown' : accountInMemory(root, listed, switched));
}

function withCure(
  kind: ClientKind,
  pid: number | undefined,
  account: Surface['account'],
  cure: string = cures[kind],
): Surface {
  return definedOnly({ kind, pid, account, cure: account === 'new' ? undefined : cure });
}

/** Two workspaces of one person are two accounts, so that a server that does not name its workspace leaves it open. */
export function whoseLogin(login: Identity | 'none', account: Identity): Surface['account'] {
  if (login === 'none' || contradicts(login, account)) return 'old';
  const hasWorkspace = login.accountId !== undefined && login.accountId === account.accountId;
  return hasWorkspace && isSameAccount(login, account) ? 'new' : 'unknown';
}

/** A client keeps the login that the file held when it started; the lineage log knows when we wrote which one there. */
function accountInMemory(
  root: Root,
  { ageMs }: RunningClient,
  { account, previous, changed }: Switched,
): Surface['account'] {
  if (ageMs === undefined) return 'unknown';
  const startedAt = root.clock.now() - ageMs;
  const handOuts = readHandOuts(root);
  const before = handOuts.findLast(({ at }) => at <= startedAt);
  if (before !== undefined) return before.accountId === account.id ? 'new' : 'old';
  const after = handOuts.filter(({ at }) => at > startedAt);
  // Only this switch has changed the file since, as far as we know.
  return changed && after.length === 1 && previous?.id !== account.id ? 'old' : 'unknown';
}

function readHandOuts(root: Root): LineageRecord[] {
  // The log is knowledge only: without it the account of a client is not known, and the caller says that.
  const records = orInstead(
    () => readLineage(root).records,
    () => [],
  );
  return records.filter(({ event }) => event === 'handed-out');
}
