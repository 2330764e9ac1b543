import type { Account } from '../accounts/account.js';
import { unadoptableReasons } from '../codex/auth-file.js';
import { looseLoginIn } from '../codex/auth-file-state.js';
import { whyNoCredentialLock } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import { loginPlace, whyNoNewLogin } from '../codex/official-login.js';
import { AppError } from '../errors.js';
import { findHomes, reachableHomes } from '../homes/known-homes.js';
import { homesLinkedTo } from '../homes/links.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import { recordsIn } from '../lineage/shared-login.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { type HeldLogin, livesAway, mayHold, settledLogins } from '../logins/residence.js';
import { shellWord } from '../shell/shell-word.js';

/**
 * With less than five minutes left, the official client refreshes by itself at its next request, and two clients send
 * the same token. The sixth minute is for the time that our own request takes.
 */
const clientRefreshesMs = 360_000;

type Rules = Pick<RefreshDeps, 'root' | 'home' | 'runningClients'> & {
  readonly settings: Pick<RefreshDeps['settings'], 'refreshAheadMs'>;
};

/**
 * The pid of an official client that looks after this login, which is then not ours to refresh: it runs, and its home
 * holds this account, or another workspace under the same refresh token. Ahead of the client's own refresh the login is
 * ours all the same, because a running client takes a newer pair from the file; so is a login that has expired.
 */
export async function clientInCharge(rules: Rules, account: Account): Promise<number | undefined> {
  for (const held of await settledLogins(rules.root, rules.home)) {
    const expiresAt = endOfHeld(held, account);
    if (expiresAt === undefined || isOurTurn(rules, expiresAt)) continue;
    const pid = clientsOf(rules, held)[0];
    if (pid !== undefined) return pid;
  }
  return undefined;
}

/** Whether a home of the official client holds this very login, which is then refreshed ahead of the client. */
export async function livesInHome({ root, home }: Pick<Rules, 'root' | 'home'>, account: Account): Promise<boolean> {
  const held = await settledLogins(root, home);
  return held.some((each) => endOfHeld(each, account) !== undefined);
}

/** Why the refresh token must not be spent: a home holds it too, or may hold it, and could not get the next one. */
export async function whyNotSpendable(
  { root, home, flockHelpers: helpers }: Pick<RefreshDeps, 'root' | 'home' | 'flockHelpers'>,
  account: Account,
): Promise<AppError | undefined> {
  const away = findHomes(root, home).unreachable.find((record) => mayHold(record, account, recordsIn(root)));
  if (away !== undefined) return livesAway(account, away);
  for (const { home: holder, state } of await settledLogins(root, home)) {
    const { refreshToken } = account.tokens;
    if (looseLoginIn(state)?.tokens.refreshToken?.equals(refreshToken) === true)
      return heldLoosely(account, { home: holder, state }, home);
    const isHeld = state.content?.kind === 'login' && state.content.login.tokens.refreshToken?.equals(refreshToken);
    if (isHeld !== true) continue;
    const locks = { home: holder.directory, authFile: holder.authFile, clock: root.clock, helpers };
    const problem = whyNoNewLogin(root, holder) ?? (await whyNoCredentialLock(locks));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A file that cannot become an account is not written to, and a client may go on with its token. */
function heldLoosely({ id }: Account, { home, state: { content } }: HeldLogin, current: CodexHome): AppError {
  const what = content?.kind === 'unadoptable' ? unadoptableReasons[content.reason] : 'something else';
  const there = home.directory === current.directory ? '' : `CODEX_HOME=${shellWord(home.directory)} `;
  return new AppError('storage-write-failed', `${loginPlace(home)} has it too, in ${what}`, {
    hint: `${there}codex-auth switch ${shellWord(id)} --replace`,
  });
}

function isOurTurn({ root, settings }: Rules, expiresAt: number): boolean {
  const left = expiresAt - root.clock.now();
  return left <= 0 || (left > clientRefreshesMs && left <= settings.refreshAheadMs);
}

/** When the access token ends that a home holds of this login; undefined where it holds another login. */
function endOfHeld({ state: { content } }: HeldLogin, account: Account): number | undefined {
  if (content?.kind !== 'login') return undefined;
  const { tokens } = content.login;
  if (isLoginOf(content, account)) return account.tokens.expiresAt ?? 0;
  return tokens.refreshToken?.equals(account.tokens.refreshToken) === true ? (tokens.expiresAt ?? 0) : undefined;
}

/** The clients of this home, and of the homes that are linked to it: all of them use the same file. */
function clientsOf({ root, home, runningClients }: Rules, { home: holder }: HeldLogin): readonly number[] {
  const followers = homesLinkedTo(holder, reachableHomes(findHomes(root, home)));
  return [holder, ...followers].flatMap((each) => runningClients(each));
}
