import * as z from 'zod/mini';
import type { Clock } from '../clock.js';
import { definedOnly } from '../defined-only.js';
import { AppError, type ErrorCode } from '../errors.js';
import { type Answer, type HttpClient, type HttpOutcome, readRetryAfterMs } from '../http/client.js';
import { jsonIn } from '../json-text.js';
import { describeObstruction, findObstruction, type Obstruction } from '../provider/obstruction.js';
import type { CallOptions, Provider } from '../provider/provider.js';
import { readProviderError } from '../provider/provider-error.js';
import { type ProviderReason, reasonIn, withReason } from '../provider-reason.js';
import { Secret } from '../secret.js';

/** The provider's own limit (official-client.md#sign-in). */
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
  | ({ readonly kind: 'not-enabled'; readonly message: string } & ProviderReason)
  | DeviceFailure;

export type DevicePollOutcome =
  /** To be exchanged like a browser's code, with the verifier that the server made. */
  | { readonly kind: 'code'; readonly code: Secret; readonly codeVerifier: Secret; readonly redirectUri: string }
  /** The person refused on the other device. */
  | ({ readonly kind: 'declined' } & ProviderReason)
  /** Nobody confirmed in time; with the last network trouble, which may be the reason. */
  | ({ readonly kind: 'expired'; readonly lastTrouble?: string } & ProviderReason)
  | DeviceFailure;

export interface DeviceFailure extends ProviderReason {
  readonly kind: 'failed';
  readonly code: ErrorCode;
  readonly status?: number;
  /** Lower case and no full stop, like every message. */
  readonly message: string;
  readonly hint?: string;
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
  if (outcome.status !== 200) return judgeNoCode(outcome);
  const parsed = UserCodeBody.safeParse(jsonIn(outcome.body));
  if (!parsed.success) return unusable(outcome, 'the provider sent no usable device code');
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

function judgeNoCode(answer: Answer): DeviceCodeOutcome {
  const failure = statusFailure(answer);
  if (answer.status !== 404 || !isItsOwn(failure)) return failure;
  const message = 'device code login is switched off for this account or workspace';
  return { kind: 'not-enabled', message, ...reasonIn(failure) };
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
  // The answer that carries the code is given once, so that the person's own time limit does not hold for it.
  const spending = { ...options, deadlineMs: options.spendingDeadlineMs ?? callDeadlineMs };
  let intervalMs = deviceCode.intervalMs;
  let lastTrouble: string | undefined;
  for (;;) {
    const answer = judgePoll(await call(http, provider, 'token', body, spending), provider);
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
  // An obstruction may have the status of "pending", but waiting does not end it. Only a 404 counts as pending whatever
  // page it is: the provider does not know the code yet.
  const failure = status === 200 ? undefined : statusFailure(outcome);
  if (failure !== undefined && !isItsOwn(failure) && status !== 404) return failure;
  if (status === 403 || status === 404) return { kind: 'pending' };
  if (status === 429) return { kind: 'slow-down', retryAfterMs: readRetryAfterMs(outcome.headers) };
  if (status >= 500) return { kind: 'trouble', message: statusFailure(outcome).message };
  if (status !== 200) return judgeRefusal(outcome);
  const parsed = AuthorizedBody.safeParse(jsonIn(outcome.body));
  if (!parsed.success) return unusable(outcome, 'the provider confirmed, but sent no usable code');
  return {
    kind: 'code',
    code: new Secret(parsed.data.authorization_code),
    codeVerifier: new Secret(parsed.data.code_verifier),
    redirectUri: `${provider.issuer}/deviceauth/callback`,
  };
}

/** Whether the provider itself has answered, and not something in between, such as a proxy. */
function isItsOwn({ code }: DeviceFailure): boolean {
  return code === 'provider-error';
}

/** The two ends that RFC 8628 section 3.5 gives a name. */
function judgeRefusal(answer: Answer): DevicePollOutcome {
  const reason = reasonIn(readProviderError(answer.body));
  if (reason.providerCode === 'access_denied') return { kind: 'declined', ...reason };
  return reason.providerCode === 'expired_token' ? { kind: 'expired', ...reason } : statusFailure(answer);
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
    // A stale keep-alive must not swallow the answer that carries the code.
    freshConnection: true,
    ...(signal === undefined ? {} : { signal }),
  });
}

function statusFailure(answer: Answer): DeviceFailure {
  return unusable(answer, `the provider answered ${answer.status}`);
}

/** An answer without what was asked for; `message` says so where nothing else explains it. */
function unusable(answer: Answer, message: string): DeviceFailure {
  const error = readProviderError(answer.body);
  const obstruction = findObstruction(answer, error);
  if (obstruction !== undefined) return obstructed(obstruction);
  const reason = reasonIn(error);
  const { status } = answer;
  return { kind: 'failed', code: 'provider-error', status, message: withReason(message, reason), ...reason };
}

function obstructed(obstruction: Obstruction): DeviceFailure {
  const { status } = obstruction;
  return { kind: 'failed', status, ...describeObstruction(obstruction) };
}

function noAnswer(outcome: Exclude<HttpOutcome, { kind: 'answer' }>): DeviceFailure {
  const { reason, message } = outcome;
  return { kind: 'failed', code: reason === 'timeout' || reason === 'proxy' ? reason : 'offline', message };
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
