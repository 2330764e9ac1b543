import { type Account, isSetAside } from '../accounts/account.js';
import { isSameAccount } from '../accounts/identity.js';
import type { Step } from '../changes/change.js';
import { type AuthFileLogin, unadoptableReasons } from '../codex/auth-file.js';
import { runningClients } from '../codex/clients.js';
import { readCodexConfig } from '../codex/config.js';
import { flockHelpers } from '../codex/credential-lock.js';
import { loginPlace } from '../codex/official-login.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { type Activated, activate } from '../logins/activate.js';
import { withPersonLock } from '../logins/person-lock.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { readSettledBeside } from '../logins/residence.js';
import { withStore } from '../logins/with-store.js';
import { changeRecords } from '../pools/change-records.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { refreshDeps } from './backend-access.js';
import { noteChange } from './change-account.js';
import type { Session } from './session.js';
import { noteAdoption, takeInFirst } from './take-in.js';

export interface ActivationTarget {
  readonly account: Account;
  /** The pool that the account lives in; undefined for the global one. */
  readonly scopeKey: string | undefined;
  /** The scope that remembers the choice; undefined for the global one. */
  readonly choosingScopeKey: string | undefined;
}

interface ActivationChoices {
  /** Content of `auth.json` that no account can take in may be replaced; a copy is kept. */
  readonly replace: boolean;
  /** A disabled account is enabled as it becomes active. */
  readonly enable?: boolean;
  /** The login is taken from a home that cannot be read now. */
  readonly take?: boolean;
  /** The switch is not noted for `undo`: it is made by `undo` itself, or in a home of `run`. */
  readonly isUnnoted?: true;
}

/**
 * Makes an account the official client's login, in the fixed order of locks: person, store, `auth.json`. Where the file
 * holds something that no account can take in, it asks, or needs `--replace`.
 */
export async function activateAccount(
  session: Session,
  target: ActivationTarget,
  choices: ActivationChoices,
): Promise<Activated> {
  const { root, home, signal } = session;
  warnOfUnreadConfig(session);
  await prepareForClient(session, target.account);
  await letClientsFinish(session, target.account);
  const attempt = (replacesUnadoptable: boolean) =>
    withPersonLock(root, target.account, { signal }, () =>
      withStore(root, { signal }, async (store) => {
        const before = store.scopes();
        const outcome = await activate(store, home, {
          accountId: target.account.id,
          scopeKey: target.scopeKey,
          choosingScopeKey: target.choosingScopeKey,
          replacesUnadoptable,
          takes: choices.take === true,
          flockHelpers,
          runningClients,
        });
        if (outcome.kind === 'activated' && choices.enable === true) enable(store, target);
        if (outcome.kind === 'activated' && choices.isUnnoted !== true) noteSwitch(session, store, before, outcome);
        return outcome;
      }),
    );
  const first = await attempt(choices.replace);
  if (first.kind === 'activated') return first;
  await askToReplace(session, `${loginPlace(home)} holds ${unadoptableReasons[first.reason]}`);
  const second = await attempt(true);
  if (second.kind === 'activated') return second;
  throw new AppError('internal', 'the file could not be replaced although that was agreed');
}

/** Notes the switch for `undo`, without the account that was adopted from the file: undoing the switch keeps that. */
function noteSwitch(session: Session, store: Store, before: readonly ScopeRecords[], activated: Activated): void {
  if (!activated.changed) return;
  const { previous, account } = activated;
  const login: Step = { kind: 'login', before: previous?.id ?? null, after: account.id };
  noteChange(session, store, 'switch', before, (steps) => [...steps.filter(({ kind }) => kind !== 'added'), login]);
}

/** Warns of a configuration that stops the official client. Where it may hide restrictions, `activate` refuses. */
function warnOfUnreadConfig({ home, warn }: Session): void {
  const { problem } = readCodexConfig(home.directory);
  if (problem === undefined || problem.hidesRestrictions) return;
  const { path, message } = problem;
  warn(`${path} ${message}, so that the official client does not start: correct it, or move it away`);
}

/** With this much time left the official client refreshes at its next request (official-client.md#refresh). */
const clientSkewMs = 300_000;
const waitLimitMs = 15_000;
const pollMs = 250;

/**
 * Before another account takes its place: gives a running client the time to save the refresh that it may have under
 * way, because one that finds another account in the file throws away what it received
 * (official-client.md#changed-meanwhile). Waits only while a client runs and the access token of the login in the file
 * is about to end; gives up after 15 seconds.
 */
async function letClientsFinish(session: Session, next: Account): Promise<void> {
  const { home, clock, signal, status } = session;
  const leaving = await dueLogin(session);
  if (leaving !== undefined && !isSameAccount(leaving.identity, next) && runningClients(home).length > 0) {
    const whose = leaving.identity.email ?? 'the account in use';
    status(`Waiting for the official client to refresh ${whose}, 15 s at most`);
    const deadline = clock.monotonicMs() + waitLimitMs;
    while (clock.monotonicMs() < deadline) {
      await clock.sleep(pollMs, signal);
      const now = await dueLogin(session);
      const isUnchanged = now?.tokens.accessToken?.equals(leaving.tokens.accessToken) === true;
      if (!isUnchanged || runningClients(home).length === 0) break;
    }
  }
  status();
}

/** The login in the file, while its access token lives but is about to end. */
async function dueLogin({
  root,
  home,
  clock,
}: Pick<Session, 'root' | 'home' | 'clock'>): Promise<AuthFileLogin | undefined> {
  const { content } = await readSettledBeside(root, home);
  if (content?.kind !== 'login') return undefined;
  const left = (content.login.tokens.expiresAt ?? Number.POSITIVE_INFINITY) - clock.now();
  return left > 0 && left <= clientSkewMs ? content.login : undefined;
}

/**
 * Refreshes a login that the client is about to get, where it ends soon: five minutes before the end clients refresh by
 * themselves, and two that do so at once end the login. The client also needs an id token, which a refresh brings where
 * there is none. Where the refresh fails, the person is told, and `activate` decides whether the tokens will do.
 */
async function prepareForClient(session: Session, account: Account): Promise<void> {
  const { refreshAheadMs } = session.settings();
  const { idToken, refreshToken, accessToken, expiresAt } = account.tokens;
  const isOurs = refreshAheadMs > 0 && expiresAt !== undefined;
  const isShort = isOurs && expiresAt - session.clock.now() <= refreshAheadMs;
  // The refresh token of an account that is set aside is not sent again.
  if (refreshToken === undefined || isSetAside(account) || (idToken !== undefined && !isShort)) return;
  const { ensureUsable } = await import('../spending/refresh.js');
  const { describeOutcome, outcomeError } = await import('../logins/describe-outcome.js');
  const deps = await refreshDeps(session, { skewMs: refreshAheadMs });
  const wish =
    idToken === undefined
      ? { reason: 'forced' as const, rejected: accessToken }
      : { reason: 'proactive_expiry' as const };
  const outcome = await ensureUsable(deps, definedOnly({ account, ...wish }));
  if (outcome.kind === 'usable') return;
  // The client would send a token that may be spent, and end the login, while the journal may hold the next one.
  if (idToken === undefined || outcome.kind === 'unreadable-entry') throw outcomeError(outcome);
  const { message, hint } = describeOutcome(outcome);
  session.warn(`${message}${outlookAfter(outcome, hint)}`);
}

/**
 * What the official client can do with a login that was not refreshed. A refused one gives nobody another access token,
 * and an obstruction in front of the provider stops the client too.
 */
function outlookAfter(outcome: RefreshOutcome, hint: string): string {
  if (outcome.kind === 'refused') return `: ${hint}`;
  const asItIs = '; the official client gets it as it is';
  if ('obstruction' in outcome && outcome.obstruction !== undefined) return `${asItIs}: ${hint}`;
  return outcome.kind === 'no-place' ? asItIs : `${asItIs}, and refreshes it by itself`;
}

function enable(store: Store, { account, scopeKey }: ActivationTarget): void {
  changeRecords(store, (each, key) =>
    key === scopeKey && each.id === account.id && !each.enabled ? { ...each, enabled: true } : each,
  );
}

async function askToReplace({ home, ...session }: Session, problem: string): Promise<void> {
  const consent = session.consent?.();
  if (consent === undefined) {
    throw new AppError('confirmation-needed', `${problem}, which would be replaced`, {
      hint: 'add --replace; a copy of what is there is kept',
    });
  }
  await consent(`${problem}. Keep a copy aside and replace it?`, `${loginPlace(home)} is left as it is`);
}

/** Makes an account the official client's login; one that only the client has so far is stored first. */
export async function switchAccount(
  session: Session,
  target: ActivationTarget,
  choices: ActivationChoices,
): Promise<Activated> {
  await takeInFirst(session, target.account, target.scopeKey);
  const activated = await activateAccount(session, target, choices);
  noteAdoption(session, activated.adopted);
  return activated;
}
