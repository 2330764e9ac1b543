import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import type { HttpOutcome, NoAnswerReason, UnsentReason } from '../http/client.js';
import {
  isChallenge,
  type OAuthError,
  parseJson,
  readOAuthError,
  readRetryAfterMs,
  readServerDate,
} from '../provider/provider-answer.js';
import { quoteProviderText } from '../provider/provider-text.js';
import { Secret } from '../secret.js';

/** Every field is optional: what is missing keeps its old value (CODEX.md section 3). At least one token is there. */
export interface ReceivedTokens {
  readonly idToken?: Secret;
  readonly accessToken?: Secret;
  readonly refreshToken?: Secret;
  readonly expiresInSeconds?: number;
}

/**
 * `hard`: the grant is dead, flag at once. `client`: this client is refused, which condemns one account but not two
 * in a run. `soft`: counts, three in a row flag (DESIGN section 7).
 */
export type RefusalSeverity = 'hard' | 'client' | 'soft';

export interface TokenRefusal {
  readonly kind: 'refused';
  readonly severity: RefusalSeverity;
  /** The provider's code, or `unknown`. */
  readonly code: string;
  readonly status: number;
  /** The provider's words, made safe to print; may be empty. */
  readonly message: string;
}

/**
 * What an answer of the token endpoint means for the token that was sent.
 *
 * Only `refused` speaks about that token. `unsent` is the only one after which the same run may send it again (P4).
 * `malformed` and `unknown` leave open whether it was spent: a 2xx that cannot be read probably did spend it, and so
 * may have a request that got no answer. A redirect is `unknown` as well: it comes from a captive portal, a proxy or
 * a moved endpoint and says nothing about the token, but the body with the token was delivered to whoever sent it,
 * so nothing is proven that would allow to send it again. `challenge`, `rate-limited` and `server` come from in front
 * of or inside the provider, say nothing about the token, and lead to a cooldown only.
 */
export type TokenVerdict =
  | { readonly kind: 'tokens'; readonly tokens: ReceivedTokens; readonly serverDate?: number }
  | (TokenRefusal & { readonly serverDate?: number })
  | { readonly kind: 'rate-limited'; readonly retryAfterMs?: number }
  | { readonly kind: 'challenge'; readonly status: number }
  | { readonly kind: 'server'; readonly status: number }
  | { readonly kind: 'malformed'; readonly status: number }
  | { readonly kind: 'unsent'; readonly reason: UnsentReason; readonly message: string }
  | { readonly kind: 'unknown'; readonly reason: NoAnswerReason | 'redirect'; readonly message: string };

/** Statements about this very token, believed at any status, as the official client does. */
const deadTokenCodes = new Set(['refresh_token_expired', 'refresh_token_reused', 'refresh_token_invalidated']);

const deadGrantCodes = new Set([
  'invalid_grant',
  'token_expired',
  'account_deleted',
  'account_deactivated',
  'user_deleted',
  'user_deactivated',
  'email_changed',
  'account_email_changed',
  'user_email_changed',
]);

const clientCodes = new Set(['invalid_client', 'unauthorized_client']);

type Answer = Extract<HttpOutcome, { kind: 'answer' }>;

/** Pure; never throws, and nothing in the verdict but the tokens themselves quotes a token. */
export function judgeTokenAnswer(outcome: HttpOutcome): TokenVerdict {
  if (outcome.kind === 'unsent') return { kind: 'unsent', reason: outcome.reason, message: outcome.message };
  if (outcome.kind === 'no-answer') return { kind: 'unknown', reason: outcome.reason, message: outcome.message };
  const { status } = outcome;
  if (status >= 300 && status < 400) {
    return { kind: 'unknown', reason: 'redirect', message: `the token endpoint answered with a redirect (${status})` };
  }
  return status >= 200 && status < 300 ? judgeSuccess(outcome) : judgeFailure(outcome);
}

function judgeSuccess(answer: Answer): TokenVerdict {
  const tokens = readTokens(parseJson(answer.body));
  if (tokens === undefined) return { kind: 'malformed', status: answer.status };
  return { kind: 'tokens', tokens, ...definedOnly({ serverDate: readServerDate(answer.headers) }) };
}

function judgeFailure(answer: Answer): TokenVerdict {
  const { status } = answer;
  if (status < 400) return { kind: 'malformed', status };
  const error = readOAuthError(answer.body);
  if (error?.code !== undefined && deadTokenCodes.has(error.code)) return refusal('hard', error, answer);
  if (status === 429) return rateLimit(answer);
  if (isChallenge(answer)) return { kind: 'challenge', status };
  // 408: the server gave up reading; nobody has judged the token.
  if (status >= 500 || status === 408) return { kind: 'server', status };
  if (error === undefined) return { kind: 'malformed', status };
  return refusal(severityOf(error.code, status), error, answer);
}

function rateLimit({ headers }: Answer): TokenVerdict {
  return { kind: 'rate-limited', ...definedOnly({ retryAfterMs: readRetryAfterMs(headers) }) };
}

function severityOf(code: string | undefined, status: number): RefusalSeverity {
  if (code !== undefined && clientCodes.has(code)) return 'client';
  if (code !== undefined && deadGrantCodes.has(code)) return 'hard';
  return status === 401 ? 'hard' : 'soft';
}

function refusal(severity: RefusalSeverity, error: OAuthError, { status, headers }: Answer): TokenVerdict {
  const message = quoteProviderText(error.description ?? '');
  const code = error.code ?? 'unknown';
  const serverDate = readServerDate(headers);
  return { kind: 'refused', severity, code, status, message, ...definedOnly({ serverDate }) };
}

const text = z.catch(z.optional(z.string()), undefined);

/** A field of the wrong type must not cost the tokens beside it (P3). */
const TokenBody = z.object({
  id_token: text,
  access_token: text,
  refresh_token: text,
  expires_in: z.catch(z.optional(z.union([z.number(), z.string()])), undefined),
});

function readTokens(body: unknown): ReceivedTokens | undefined {
  const parsed = TokenBody.safeParse(body);
  if (!parsed.success) return undefined;
  const { id_token, access_token, refresh_token, expires_in } = parsed.data;
  if (!id_token && !access_token && !refresh_token) return undefined;
  return definedOnly({
    idToken: secret(id_token),
    accessToken: secret(access_token),
    refreshToken: secret(refresh_token),
    expiresInSeconds: readSeconds(expires_in),
  });
}

function secret(token: string | undefined): Secret | undefined {
  return token ? new Secret(token) : undefined;
}

function readSeconds(value: number | string | undefined): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
