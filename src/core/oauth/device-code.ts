import * as z from 'zod/mini';
import type { Clock } from '../clock.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { HttpClient, HttpOutcome } from '../http/client.js';
import type { CallOptions, Provider } from '../provider/provider.js';
import { isChallenge, parseJson, readOAuthError, readRetryAfterMs } from '../provider/provider-answer.js';
import { quoteProviderText } from '../provider/provider-text.js';
import { Secret } from '../secret.js';

/** The provider's own limit (CODEX.md section 3). */
export const deviceCodeLimitMs = 15 * 60_000;
const callDeadlineMs = 15_000;
const defaultIntervalMs = 5_000;
/** RFC 8628 section 3.5: when told to slow down, five seconds more from then on. */
const slowerByMs = 5_000;

/** What the person needs, and what polling needs. */
export interface DeviceCode {
  readonly userCode: string;
  /** Where the person types it in. */
  readonly verificationUrl: string;
  readonly deviceAuthId: Secret;
  readonly intervalMs: number;
}

export type DeviceCodeOutcome =
  | { readonly kind: 'device-code'; readonly deviceCode: DeviceCode }
  /** Switched off for this account or workspace. */
  | { readonly kind: 'not-enabled'; readonly message: string }
  | DeviceFailure;

export type DevicePollOutcome =
  /** To be exchanged like a browser's code, with the verifier that the server made. */
  | { readonly kind: 'code'; readonly code: Secret; readonly codeVerifier: Secret; readonly redirectUri: string }
  /** The person refused on the other device. */
  | { readonly kind: 'declined' }
  /** Nobody confirmed in time; with the last network trouble, which may be the reason. */
  | { readonly kind: 'expired'; readonly lastTrouble?: string }
  | DeviceFailure;

export interface DeviceFailure {
  readonly kind: 'failed';
  readonly why: 'offline' | 'proxy' | 'timeout' | 'challenge' | 'provider';
  readonly status?: number;
  /** Lower case and no full stop, like every message. */
  readonly message: string;
}

const UserCodeBody = z.object({
  device_auth_id: z.string().check(z.minLength(1)),
  user_code: z.string().check(z.regex(/^[\x21-\x7e]{1,64}$/)),
  interval: z.catch(z.optional(z.union([z.number(), z.string()])), undefined),
});

const AuthorizedBody = z.object({
  authorization_code: z.string().check(z.minLength(1)),
  code_verifier: z.string().check(z.minLength(1)),
});

export async function requestDeviceCode(
  http: HttpClient,
  provider: Provider,
  options: CallOptions,
): Promise<DeviceCodeOutcome> {
  const outcome = await call(http, provider, 'usercode', { client_id: provider.clientId }, options);
  if (outcome.kind !== 'answer') return noAnswer(outcome);
  if (outcome.status === 404) {
    return { kind: 'not-enabled', message: 'device code login is switched off for this account or workspace' };
  }
  if (outcome.status !== 200) return statusFailure(outcome);
  const parsed = UserCodeBody.safeParse(parseJson(outcome.body));
  if (!parsed.success) return providerFailure(200, 'the provider sent no usable device code');
  const { device_auth_id, user_code, interval } = parsed.data;
  return {
    kind: 'device-code',
    deviceCode: {
      userCode: user_code,
      verificationUrl: `${provider.issuer}/codex/device`,
      deviceAuthId: new Secret(device_auth_id),
      intervalMs: readIntervalMs(interval),
    },
  };
}

/**
 * Asks at once, then every interval, until the person has confirmed. A network that fails for a while, a 5xx and a
 * 429 are waited out.
 *
 * @throws AppError `interrupted` when the signal aborts.
 */
export async function pollDeviceCode(
  http: HttpClient,
  provider: Provider,
  deviceCode: DeviceCode,
  clock: Clock,
  options: CallOptions & { readonly limitMs?: number },
): Promise<DevicePollOutcome> {
  const endsAt = clock.monotonicMs() + (options.limitMs ?? deviceCodeLimitMs);
  const body = { device_auth_id: deviceCode.deviceAuthId.reveal(), user_code: deviceCode.userCode };
  let intervalMs = deviceCode.intervalMs;
  let lastTrouble: string | undefined;
  for (;;) {
    const answer = judgePoll(await call(http, provider, 'token', body, options), provider);
    if (options.signal?.aborted) throw interrupted();
    if (isFinal(answer)) return answer;
    if (answer.kind === 'slow-down') intervalMs = Math.max(intervalMs + slowerByMs, answer.retryAfterMs ?? 0);
    lastTrouble = answer.kind === 'trouble' ? answer.message : undefined;
    if (clock.monotonicMs() + intervalMs >= endsAt) {
      return { kind: 'expired', ...definedOnly({ lastTrouble }) };
    }
    await pause(clock, intervalMs, options.signal);
  }
}

type PollAnswer =
  | DevicePollOutcome
  | { readonly kind: 'pending' }
  | { readonly kind: 'slow-down'; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'trouble'; readonly message: string };

function isFinal(answer: PollAnswer): answer is DevicePollOutcome {
  return answer.kind !== 'pending' && answer.kind !== 'slow-down' && answer.kind !== 'trouble';
}

function judgePoll(outcome: HttpOutcome, provider: Provider): PollAnswer {
  if (outcome.kind !== 'answer') return { kind: 'trouble', message: outcome.message };
  const { status } = outcome;
  // A challenge page has the status of "pending", but no waiting makes it go away.
  if (isChallenge(outcome)) return statusFailure(outcome);
  if (status === 403 || status === 404) return { kind: 'pending' };
  if (status === 429) return { kind: 'slow-down', retryAfterMs: readRetryAfterMs(outcome.headers) };
  if (status >= 500) return { kind: 'trouble', message: `the provider answered ${status}` };
  if (status !== 200) return judgeRefusal(outcome);
  const parsed = AuthorizedBody.safeParse(parseJson(outcome.body));
  if (!parsed.success) return providerFailure(status, 'the provider confirmed, but sent no usable code');
  return {
    kind: 'code',
    code: new Secret(parsed.data.authorization_code),
    codeVerifier: new Secret(parsed.data.code_verifier),
    redirectUri: `${provider.issuer}/deviceauth/callback`,
  };
}

/** The two ends that RFC 8628 section 3.5 gives a name. */
function judgeRefusal(answer: Extract<HttpOutcome, { kind: 'answer' }>): DevicePollOutcome {
  const code = readOAuthError(answer.body)?.code;
  if (code === 'access_denied') return { kind: 'declined' };
  return code === 'expired_token' ? { kind: 'expired' } : statusFailure(answer);
}

function call(
  http: HttpClient,
  provider: Provider,
  endpoint: 'usercode' | 'token',
  body: Readonly<Record<string, string>>,
  { userAgent, deadlineMs = callDeadlineMs, signal }: CallOptions,
): Promise<HttpOutcome> {
  return http.send({
    method: 'POST',
    url: `${provider.issuer}/api/accounts/deviceauth/${endpoint}`,
    headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': userAgent },
    body: JSON.stringify(body),
    deadlineMs,
    // The answer that carries the code is given once; a stale keep-alive must not swallow it.
    freshConnection: true,
    ...(signal === undefined ? {} : { signal }),
  });
}

function statusFailure(answer: Extract<HttpOutcome, { kind: 'answer' }>): DeviceFailure {
  const { status } = answer;
  if (isChallenge(answer)) {
    const message = `a challenge page stands in front of the provider (${status})`;
    return { kind: 'failed', why: 'challenge', status, message };
  }
  const error = readOAuthError(answer.body);
  const words = [error?.code, quoteProviderText(error?.description ?? '')].filter(Boolean).join(': ');
  return providerFailure(status, `the provider answered ${status}${words && ` (${words})`}`);
}

function providerFailure(status: number, message: string): DeviceFailure {
  return { kind: 'failed', why: 'provider', status, message };
}

function noAnswer(outcome: Exclude<HttpOutcome, { kind: 'answer' }>): DeviceFailure {
  const { reason, message } = outcome;
  return { kind: 'failed', why: reason === 'timeout' || reason === 'proxy' ? reason : 'offline', message };
}

function readIntervalMs(interval: number | string | undefined): number {
  const seconds = Number(interval ?? Number.NaN);
  return seconds > 0 && seconds <= 60 ? seconds * 1000 : defaultIntervalMs;
}

async function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    throw signal?.aborted ? interrupted() : error;
  }
}

function interrupted(): AppError {
  return new AppError('interrupted', 'interrupted');
}
