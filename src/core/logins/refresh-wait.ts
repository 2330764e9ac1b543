import type { Account } from '../accounts/account.js';
import { isSameAccount } from '../accounts/identity.js';
import type { Clock } from '../clock.js';
import type { AuthFileLogin } from '../codex/auth-file.js';
import { readSettledAuthFile } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';

export interface RefreshWait {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The pids of official clients that use a home. */
  readonly runningClients: (home: CodexHome) => readonly number[];
  /** Called when there is something to wait for. */
  readonly onWait: (login: AuthFileLogin) => void;
}

/** From here on the official client refreshes at its next request (official-client.md#refresh). */
const clientSkewMs = 300_000;
const limitMs = 15_000;
const pollMs = 250;

/**
 * Before another account takes its place: gives a running client the time to save the refresh that it may have under
 * way, because one that finds another account in the file throws away what it received
 * (official-client.md#changed-meanwhile). Waits only while a client runs and the access token of the login in the file
 * is about to end; gives up after 15 seconds.
 */
export async function awaitClientRefresh(home: CodexHome, next: Account, wait: RefreshWait): Promise<void> {
  const { clock, signal, runningClients, onWait } = wait;
  const leaving = await dueLogin(home, clock);
  if (leaving === undefined || isSameAccount(leaving.identity, next) || runningClients(home).length === 0) return;
  onWait(leaving);
  const deadline = clock.monotonicMs() + limitMs;
  while (clock.monotonicMs() < deadline) {
    await clock.sleep(pollMs, signal);
    const now = await dueLogin(home, clock);
    const isUnchanged = now?.tokens.accessToken?.equals(leaving.tokens.accessToken) === true;
    if (!isUnchanged || runningClients(home).length === 0) return;
  }
}

/** The login in the file, while its access token lives but is about to end. */
async function dueLogin(home: CodexHome, clock: Clock): Promise<AuthFileLogin | undefined> {
  const { content } = await readSettledAuthFile(home, clock);
  if (content?.kind !== 'login') return undefined;
  const left = (content.login.tokens.expiresAt ?? Number.POSITIVE_INFINITY) - clock.now();
  return left > 0 && left <= clientSkewMs ? content.login : undefined;
}
