import type { Account } from '../accounts/account.js';
import { realAccountId } from '../accounts/identity.js';
import { readClaims } from '../accounts/jwt-claims.js';
import type { AuthFileContent } from '../codex/auth-file.js';
import { isDamaged } from '../codex/auth-file-state.js';
import { definedOnly } from '../defined-only.js';
import { readBesideRecords, withNewestTokens } from '../lineage/beside-records.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import { holdsForeignTokens } from '../lineage/foreign-tokens.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { canWait, type RefreshOutcome } from '../logins/refresh-outcome.js';
import { readSettledBeside } from '../logins/residence.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import {
  type BackendAnswer,
  type BackendCredentials,
  getBackend,
  judgeBackendAnswer,
} from '../provider/backend-call.js';
import { foreignIssuer } from '../provider/foreign-issuer.js';
import type { Secret } from '../secret.js';

/** Spends a refresh token when it has to. Reading commands are never handed one (P5). */
export type Refresher = (account: Account, why: 'due' | 'unauthorized', rejected?: Secret) => Promise<RefreshOutcome>;

export interface BackendAccess extends Pick<RefreshDeps, 'root' | 'home' | 'http' | 'provider' | 'callOptions'> {
  /** What `auth.json` held when the run began; a change of account since then is the person's doing. */
  readonly startedWith: AuthFileContent | undefined;
  /** Absent where tokens may only be used, not refreshed. */
  readonly refresher?: Refresher;
}

export type Recovery = 'reloaded' | 'refreshed';

export type AuthorizedAnswer<A = BackendAnswer> =
  | Answered<A>
  /** The request needs a refresh first, which is not allowed here. Nothing was sent. */
  | { readonly kind: 'needs-refresh'; readonly account: Account }
  | {
      readonly kind: 'not-refreshed';
      readonly outcome: RefreshOutcome;
      readonly account: Account;
      /** The provider had refused the access token before the refresh; absent where the token was not sent. */
      readonly isDenied?: true;
    }
  /** The token was refused, and the person has since signed the client out or switched it: nothing is refreshed. */
  | { readonly kind: 'signed-out' | 'switched'; readonly account: Account };

interface Answered<A> {
  readonly kind: 'answered';
  readonly answer: A;
  readonly account: Account;
  readonly recovery?: Recovery;
}

type Unanswered = Exclude<AuthorizedAnswer, { kind: 'answered' }>;

/** The answer to a call for which there is no access token. */
interface Unauthorized {
  readonly kind: 'unauthorized';
}

/** One GET to the backend as an account; see {@link askAsAccount}. */
export function callAsAccount(access: BackendAccess, account: Account, path: string): Promise<AuthorizedAnswer> {
  const { http, provider, callOptions, root } = access;
  return askAsAccount<BackendAnswer>(access, account, async (credentials) =>
    judgeBackendAnswer(await getBackend(http, provider, path, credentials, callOptions), root.clock.now()),
  );
}

/**
 * One request to the backend as an account, with the recovery that a refused token needs. On a 401 the newest copy of
 * the token is tried first, and then one refresh at most. A 403 leads to the newest copy alone, and no other answer
 * leads to a second request. Throws when storage or locks fail, or the account is gone.
 */
export async function askAsAccount<A extends { readonly kind: string }>(
  access: BackendAccess,
  account: Account,
  ask: Ask<A>,
): Promise<AuthorizedAnswer<A | Unauthorized>> {
  const prepared = await prepare(access, account);
  if (prepared.kind !== 'ready') return prepared;
  const first = await send(prepared, ask);
  if (first.answer.kind !== 'unauthorized' && first.answer.kind !== 'forbidden') return first;

  const reloaded = await reload(access, first);
  if (reloaded === 'denied') return first;
  if (reloaded !== 'unchanged' && reloaded.kind !== 'ready') return reloaded;
  const second = reloaded === 'unchanged' ? first : await send(reloaded, ask);
  if (second.answer.kind !== 'unauthorized' || access.refresher === undefined) return second;

  const outcome = await access.refresher(second.account, 'unauthorized', second.account.tokens.accessToken);
  if (outcome.kind !== 'usable') return { ...notRefreshed(outcome), isDenied: true };
  return send(readyAfter(outcome), ask);
}

type Ask<A> = (credentials: BackendCredentials) => Promise<A>;

interface Ready {
  readonly kind: 'ready';
  readonly account: Account;
  readonly recovery?: Recovery;
}

async function prepare(access: BackendAccess, account: Account): Promise<Ready | Unanswered> {
  const { refresher, provider } = access;
  const issuer = foreignIssuer(account, provider);
  if (issuer !== undefined) return notRefreshed({ kind: 'issuer-mismatch', account, issuer });
  if (refresher === undefined && holdsForeignTokens(account)) return notRefreshed({ kind: 'foreign-tokens', account });
  if (refresher === undefined)
    return hasLiveToken(access, account) ? ready(account) : { kind: 'needs-refresh', account };
  const outcome = await refresher(account, 'due');
  if (outcome.kind === 'usable') return readyAfter(outcome);
  return canWait(outcome, access.root.clock.now()) ? ready(outcome.account) : notRefreshed(outcome);
}

function hasLiveToken({ root }: BackendAccess, account: Account): boolean {
  const { accessToken, expiresAt } = account.tokens;
  const isOver = expiresAt !== undefined && expiresAt <= root.clock.now();
  return accessToken !== undefined && !isOver && !holdsForeignTokens(account);
}

function ready(account: Account): Ready {
  return { kind: 'ready', account };
}

function readyAfter({ account, how }: Extract<RefreshOutcome, { kind: 'usable' }>): Ready {
  const recovery = ({ valid: undefined, adopted: 'reloaded', refreshed: 'refreshed' } as const)[how];
  return definedOnly({ kind: 'ready' as const, account, recovery });
}

function notRefreshed(outcome: RefreshOutcome): Extract<Unanswered, { kind: 'not-refreshed' }> {
  return { kind: 'not-refreshed', outcome, account: outcome.account };
}

async function send<A>({ account, recovery }: Ready, ask: Ask<A>): Promise<Answered<A | Unauthorized>> {
  const { accessToken, idToken } = account.tokens;
  if (accessToken === undefined) return { kind: 'answered', answer: { kind: 'unauthorized' }, account };
  const isFedramp = readClaims((idToken ?? accessToken).reveal())?.isFedramp;
  const answer = await ask(definedOnly({ accessToken, accountId: realAccountId(account.accountId), isFedramp }));
  return { kind: 'answered', answer, account, ...definedOnly({ recovery }) };
}

/** What helps against a denial without a refresh: a newer copy, or the fact that the person signed out or switched. */
async function reload(
  access: BackendAccess,
  denied: Answered<{ readonly kind: string }>,
): Promise<Ready | Unanswered | 'unchanged' | 'denied'> {
  const { root, home, startedWith } = access;
  const { account, answer } = denied;
  const now = await readSettledBeside(root, home);
  if (answer.kind === 'unauthorized' && isLoginOf(startedWith, account) && !isLoginOf(now.content, account)) {
    // `auth.json` is half-written, so that it is not known yet whose login it will hold.
    if (isDamaged(now)) return 'denied';
    return { kind: now.content === undefined ? 'signed-out' : 'switched', account };
  }
  const newest = readNewest(access, account);
  const isOther = newest.tokens.accessToken?.equals(account.tokens.accessToken) === false;
  return isOther ? { kind: 'ready', account: newest, recovery: 'reloaded' } : 'unchanged';
}

function readNewest({ root, home }: BackendAccess, account: Account): Account {
  const records = recordsOf(readAllScopes(root.paths));
  const stored = records.find(({ id }) => id === account.id) ?? account;
  return withNewestTokens(stored, readBesideRecords(root, home, records));
}
