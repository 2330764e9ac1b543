import { randomBytes } from 'node:crypto';
import type { AuthFileExtras } from '../accounts/account.js';
import { identityOfTokens } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { journalAnswer } from '../lineage/journal-answer.js';
import { tokensOfAnswer } from '../lineage/journal-overlay.js';
import { type OpenEntry, openEntry } from '../lineage/open-entry.js';
import type { ProvenLogin } from '../logins/enrolment.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { type AuthorizationGrant, exchangeCode, repeatUnsent } from '../oauth/token-endpoint.js';
import { tokenError } from '../oauth/token-error.js';
import { judgeTokenAnswer } from '../oauth/token-verdict.js';
import type { Provider } from '../provider/provider.js';
import { assertOurs } from '../storage/adoption.js';

export type SignInDeps = Pick<RefreshDeps, 'root' | 'http' | 'provider' | 'callOptions'>;

/** A login that the provider has granted and the journal keeps, until it is stored. */
export interface RedeemedLogin {
  readonly login: ProvenLogin;
  readonly entry: OpenEntry;
}

export interface WantedLogin {
  readonly scopeKey: string | undefined;
  readonly label: string | undefined;
  /** Throws for a login that is not to be kept; asked before the journal has it, or a crash would enrol it all the same. */
  refuse(login: ProvenLogin): void;
}

/**
 * Redeems an authorization code (RFC 6749 section 4.1.3). The journal entry exists before the request, so that the
 * tokens survive whatever happens after the answer (P3). Throws `login-failed`, `interrupted`, a network error or what
 * `wanted` throws, with nothing kept.
 */
export async function redeemGrant(
  deps: SignInDeps,
  grant: AuthorizationGrant,
  wanted: WantedLogin,
): Promise<RedeemedLogin> {
  const { root, http, provider, callOptions } = deps;
  const { clock } = root;
  assertOurs(root);
  const { issuer, clientId } = provider;
  const { scopeKey, label } = wanted;
  const header = { kind: 'sign-in' as const, startedAt: clock.now(), accountIds: [], issuer, clientId };
  const entry = await openEntry(root.paths.journal, root.processes, definedOnly({ ...header, scopeKey, label }));
  try {
    const { signal, spendingDeadlineMs } = callOptions;
    const exchange = (deadlineMs: number) => exchangeCode(http, provider, grant, { ...callOptions, deadlineMs });
    const outcome = await repeatUnsent(clock, exchange, spendingDeadlineMs, signal);
    // A consent that nobody redeems costs nothing, so unlike a refresh this may be cut off at any moment.
    if (signal?.aborted) throw new AppError('interrupted', 'interrupted');
    const verdict = judgeTokenAnswer(outcome);
    if (verdict.kind !== 'tokens') throw tokenError(verdict);
    const answer = journalAnswer(verdict.tokens, clock.now(), verdict.serverDate);
    const tokens = { generation: 1, ...tokensOfAnswer(answer) };
    const identity = identityOfTokens(tokens);
    assertComplete(tokens, identity);
    const provenance = { issuer, clientId };
    const login = definedOnly({ identity, tokens, provenance, extras: ownExtras(provider), label });
    wanted.refuse(login);
    await entry.record(answer);
    return { login, entry };
  } catch (error) {
    entry.discard();
    throw error;
  }
}

/** Without one of these the official client cannot use the login, or nobody could renew it. */
function assertComplete(tokens: ProvenLogin['tokens'], { email, userId }: ProvenLogin['identity']): void {
  const missing = [
    tokens.refreshToken === undefined && 'refresh token',
    tokens.accessToken === undefined && 'access token',
    tokens.idToken === undefined && 'id token',
  ].filter((name) => name !== false);
  if (missing.length > 0) {
    const message = `the sign-in failed: the provider's answer holds no ${missing.join(' and no ')}`;
    throw new AppError('login-failed', message, {
      hint: 'try again; if it stays so, ask the administrator of the workspace whether it lets programs stay signed in',
      details: { missing },
    });
  }
  // Some logins name no account; they are whole without one.
  if (userId !== undefined || email !== undefined) return;
  throw new AppError('login-failed', 'the provider granted a login that does not say whose it is', {
    hint: 'try again, and choose a workspace when the page asks',
  });
}

/** What the official client adds to a login of its own; an API key is not asked for (P7). */
function ownExtras({ issuer, clientId }: Provider): AuthFileExtras {
  return {
    top: { OPENAI_API_KEY: null },
    tokens: {
      oauth_provenance: { issuer, client_id: clientId },
      login_owner_id: randomBytes(32).toString('base64url'),
    },
  };
}
