import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import {
  type Answer,
  type HttpOutcome,
  type NoAnswerReason,
  readRetryAfterMs,
  readServerDate,
  type UnsentReason,
} from '../http/client.js';
import { jsonIn } from '../json-text.js';
import { findObstruction, type Obstruction } from '../provider/obstruction.js';
import { type ProviderError, readProviderError } from '../provider/provider-error.js';
import { meaningOf } from '../provider/refusal-codes.js';
import { type ProviderReason, reasonIn } from '../provider-reason.js';
import { Secret } from '../secret.js';

/**
 * Every field is optional: what is missing keeps its old value (official-client.md#refresh). At least one token is
 * there.
 */
export interface ReceivedTokens {
  readonly idToken?: Secret;
  readonly accessToken?: Secret;
  readonly refreshToken?: Secret;
  readonly expiresInSeconds?: number;
}

/**
 * `hard`: the grant is dead, and the account is flagged at once. `client`: the provider refuses this program. Of one
 * account in a run, that flags the account; of several, it is about the program, and flags none. `soft`: counts, and
 * enough of them in a row flag the account.
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
 * may have a request that got no answer. With an `obstruction`, something in between has answered, such as a proxy:
 * nothing is known about the token, but it was delivered there. An `obstructed` request was turned away before the
 * provider looked at the token; like `rate-limited` and `server` it says nothing about the token, and leads to a pause
 * at most.
 */
export type TokenVerdict =
  | { readonly kind: 'tokens'; readonly tokens: ReceivedTokens; readonly serverDate?: number }
  | (TokenRefusal & { readonly serverDate?: number })
  | ({ readonly kind: 'rate-limited'; readonly retryAfterMs?: number } & ProviderReason)
  | Obstruction
  | ({ readonly kind: 'server'; readonly status: number } & ProviderReason)
  | ({ readonly kind: 'malformed'; readonly status: number; readonly obstruction?: Obstruction } & ProviderReason)
  | { readonly kind: 'unsent'; readonly reason: UnsentReason; readonly message: string }
  | {
      readonly kind: 'unknown';
      readonly reason: NoAnswerReason | 'redirect';
      readonly message: string;
      readonly obstruction?: Obstruction;
    };

/** Statements about this very token, believed at any status, as the official client does. */
const deadTokenCodes = new Set(['refresh_token_expired', 'refresh_token_reused', 'refresh_token_invalidated']);

/** Pure; never throws, and nothing in the verdict but the tokens themselves quotes a token. */
export function judgeTokenAnswer(outcome: HttpOutcome): TokenVerdict {
  if (outcome.kind === 'unsent') return { kind: 'unsent', reason: outcome.reason, message: outcome.message };
  if (outcome.kind === 'no-answer') return { kind: 'unknown', reason: outcome.reason, message: outcome.message };
  const { status } = outcome;
  if (status >= 300 && status < 400) return redirected(outcome);
  return status >= 200 && status < 300 ? judgeSuccess(outcome) : judgeFailure(outcome);
}

/** A token endpoint never redirects: something in between has, and the body with the token was delivered to it. */
function redirected(answer: Answer): TokenVerdict {
  const message = `the token endpoint answered with a redirect (${answer.status})`;
  const obstruction = findObstruction(answer);
  if (obstruction?.by === 'region') return obstruction;
  return { kind: 'unknown', reason: 'redirect', message, ...definedOnly({ obstruction }) };
}

function judgeSuccess(answer: Answer): TokenVerdict {
  const tokens = readTokens(jsonIn(answer.body));
  if (tokens === undefined) return malformed(answer, readProviderError(answer.body));
  return { kind: 'tokens', tokens, ...definedOnly({ serverDate: readServerDate(answer.headers) }) };
}

function judgeFailure(answer: Answer): TokenVerdict {
  const { status } = answer;
  if (status < 400) return { kind: 'malformed', status };
  const error = readProviderError(answer.body);
  const code = error?.providerCode;
  if (error !== undefined && code !== undefined && deadTokenCodes.has(code)) return refusal('hard', error, answer);
  const obstruction = findObstruction(answer, error);
  if (obstruction !== undefined && isTurnedAway(obstruction)) return obstruction;
  const reason = reasonIn(error);
  if (status === 429) {
    return { kind: 'rate-limited', ...definedOnly({ retryAfterMs: readRetryAfterMs(answer.headers) }), ...reason };
  }
  // 408: the server gave up reading; nobody has judged the token.
  const isServers = status >= 500 || status === 408 || meaningOf(code) === 'passing';
  if (isServers) return { kind: 'server', status, ...reason };
  // The words of a gateway are no judgement of the token.
  if (error === undefined || !(error.isOAuth || code !== undefined)) return malformed(answer, error);
  return refusal(severityOf(code, status), error, answer);
}

/** Whether the request was turned away on its way: a region refusal, a challenge and these statuses say so. */
function isTurnedAway({ by, status }: Obstruction): boolean {
  return by === 'region' || by === 'challenge' || [403, 407, 511].includes(status);
}

function malformed(answer: Answer, error: ProviderError | undefined): TokenVerdict {
  const obstruction = findObstruction(answer, error);
  if (obstruction?.by === 'region') return obstruction;
  const { status } = answer;
  // The title of a page that is not the provider's is no reason of the provider.
  return obstruction === undefined
    ? { kind: 'malformed', status, ...reasonIn(error) }
    : { kind: 'malformed', status, obstruction };
}

function severityOf(code: string | undefined, status: number): RefusalSeverity {
  const meaning = meaningOf(code);
  if (meaning === 'client-refused') return 'client';
  if (meaning === 'login-ended' || meaning === 'account-blocked') return 'hard';
  return status === 401 ? 'hard' : 'soft';
}

function refusal(severity: RefusalSeverity, error: ProviderError, { status, headers }: Answer): TokenVerdict {
  const { providerCode: code = 'unknown', providerMessage: message = '' } = error;
  const serverDate = readServerDate(headers);
  return { kind: 'refused', severity, code, status, message, ...definedOnly({ serverDate }) };
}

/** What the provider gave as its reason, in any kind of verdict. */
export function reasonOfVerdict(verdict: Exclude<TokenVerdict, { kind: 'tokens' }>): ProviderReason {
  switch (verdict.kind) {
    case 'refused':
      return reasonOfRefusal(verdict);
    case 'unsent':
    case 'unknown':
      return {};
    default:
      return reasonIn(verdict);
  }
}

export function reasonOfRefusal({ code, message }: TokenRefusal): ProviderReason {
  return definedOnly({ providerCode: code === 'unknown' ? undefined : code, providerMessage: message || undefined });
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
