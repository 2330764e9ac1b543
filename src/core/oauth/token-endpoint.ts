import type { Clock } from '../clock.js';
import type { ErrorCode } from '../errors.js';
import type { HttpClient, HttpOutcome, HttpRequest } from '../http/client.js';
import { describeObstruction, findObstruction } from '../provider/obstruction.js';
import { type CallOptions, type Provider, tokenDeadlineMs } from '../provider/provider.js';
import { readProviderError } from '../provider/provider-error.js';
import { type ProviderReason, reasonIn, withReason } from '../provider-reason.js';
import type { Secret } from '../secret.js';

const revokeDeadlineMs = 10_000;

/** Why a refresh happens, in the provider's words (official-client.md#refresh). */
export type RefreshReason = 'proactive_expiry' | 'scheduled' | 'unauthorized_recovery' | 'forced';

/** What the person's consent brought: a code, and what redeems it. */
export interface AuthorizationGrant {
  readonly code: Secret;
  readonly codeVerifier: Secret;
  readonly redirectUri: string;
}

/**
 * RFC 6749 section 4.1.3 with RFC 7636 section 4.5. Judge the outcome with `judgeTokenAnswer`; a code is single-use
 * like a refresh token, so the request has a connection of its own and is never repeated here.
 */
export function exchangeCode(
  http: HttpClient,
  provider: Provider,
  grant: AuthorizationGrant,
  options: CallOptions,
): Promise<HttpOutcome> {
  const form = new URLSearchParams([
    ['grant_type', 'authorization_code'],
    ['client_id', provider.clientId],
    ['code', grant.code.reveal()],
    ['redirect_uri', grant.redirectUri],
    ['code_verifier', grant.codeVerifier.reveal()],
  ]);
  return post(http, `${provider.issuer}/oauth/token`, 'application/x-www-form-urlencoded', form.toString(), options);
}

interface RefreshGrant {
  readonly refreshToken: Secret;
  readonly reason: RefreshReason;
}

/**
 * RFC 6749 section 6, with the JSON body that this provider takes. One request, sent at once: the caller holds the
 * refresh lock and has the journal entry open (P1, P3).
 */
export function refreshRequest(
  http: HttpClient,
  provider: Provider,
  grant: RefreshGrant,
  options: CallOptions,
): Promise<HttpOutcome> {
  return http.send(formRefresh(provider, grant, options));
}

/** The request itself, for showing what would be sent. */
export function formRefresh(provider: Provider, grant: RefreshGrant, options: CallOptions): HttpRequest {
  const body = {
    client_id: provider.clientId,
    grant_type: 'refresh_token',
    refresh_reason: grant.reason,
    refresh_token: grant.refreshToken.reveal(),
  };
  return formPost(`${provider.issuer}/oauth/token`, 'application/json', JSON.stringify(body), options);
}

type RevokeOutcome =
  | { readonly kind: 'revoked' }
  | ({ readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string } & ProviderReason);

/** RFC 7009 in the provider's JSON form: ends the whole login that the refresh token belongs to. */
export async function revokeToken(
  http: HttpClient,
  provider: Provider,
  refreshToken: Secret,
  options: CallOptions,
): Promise<RevokeOutcome> {
  const body = { token: refreshToken.reveal(), token_type_hint: 'refresh_token', client_id: provider.clientId };
  const outcome = await post(http, `${provider.issuer}/oauth/revoke`, 'application/json', JSON.stringify(body), {
    deadlineMs: revokeDeadlineMs,
    ...options,
  });
  if (outcome.kind !== 'answer') return { kind: 'failed', code: codeOf(outcome), message: outcome.message };
  const error = readProviderError(outcome.body);
  const obstruction = findObstruction(outcome, error);
  if (obstruction !== undefined) return { kind: 'failed', ...describeObstruction(obstruction) };
  if (outcome.status >= 200 && outcome.status < 300) return { kind: 'revoked' };
  const reason = reasonIn(error);
  const message = withReason('the provider refused the revocation', reason, outcome.status);
  return { kind: 'failed', code: 'provider-error', message, ...reason };
}

function codeOf({ reason }: Exclude<HttpOutcome, { kind: 'answer' }>): ErrorCode {
  return reason === 'timeout' || reason === 'proxy' ? reason : 'offline';
}

function post(
  http: HttpClient,
  url: string,
  contentType: string,
  body: string,
  options: CallOptions,
): Promise<HttpOutcome> {
  return http.send(formPost(url, contentType, body, options));
}

function formPost(
  url: string,
  contentType: string,
  body: string,
  { userAgent, deadlineMs = tokenDeadlineMs, signal }: CallOptions,
): HttpRequest {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': contentType, accept: 'application/json', 'user-agent': userAgent },
    body,
    deadlineMs,
    freshConnection: true,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Pauses before the second and the third attempt; there is no fourth (P4). */
const pausesMs = [250, 1_000];

/**
 * Repeats a request only while it is proven that nothing of its body left this machine (P4). All attempts together have
 * `budgetMs`, because others wait for the lock meanwhile; none begins with less than half of it, because a request that
 * is cut off after it was sent may have spent the token. An aborted signal ends it with the outcome so far.
 */
export async function repeatUnsent(
  clock: Clock,
  send: (deadlineMs: number) => Promise<HttpOutcome>,
  budgetMs = tokenDeadlineMs,
  signal?: AbortSignal,
): Promise<HttpOutcome> {
  const end = clock.monotonicMs() + budgetMs;
  let outcome = await send(budgetMs);
  for (const pauseMs of pausesMs) {
    if (outcome.kind !== 'unsent' || signal?.aborted) return outcome;
    if (clock.monotonicMs() + pauseMs > end - budgetMs / 2) return outcome;
    await clock.sleep(pauseMs, signal).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
    if (signal?.aborted) return outcome;
    outcome = await send(Math.floor(end - clock.monotonicMs()));
  }
  return outcome;
}
