import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { type Answer, type HttpClient, type HttpOutcome, readRetryAfterMs, readServerDate } from '../http/client.js';
import { isJsonObject } from '../json-object.js';
import { jsonIn } from '../json-text.js';
import { type ProviderReason, reasonIn } from '../provider-reason.js';
import { looseNumber } from '../quota/loose-values.js';
import { resetInstant } from '../quota/usage-windows.js';
import type { Secret } from '../secret.js';
import { findObstruction, type Obstruction } from './obstruction.js';
import { type CallOptions, type Provider, tokenDeadlineMs } from './provider.js';
import { readErrorValue, readProviderError } from './provider-error.js';
import { meaningOf } from './refusal-codes.js';

/** The account in whose name a call is made. */
export interface BackendCredentials {
  readonly accessToken: Secret;
  readonly accountId?: string;
  readonly isFedramp?: boolean;
}

/** What is known of a refusal: the provider's reason, and the number under which its support finds the request. */
interface Said extends ProviderReason {
  readonly status?: number;
  readonly requestId?: string;
}

/** What a backend call came to. Only `unauthorized` says anything about the token. */
export type BackendAnswer =
  | {
      readonly kind: 'ok';
      readonly body: unknown;
      /** When the provider answered, by its own clock; milliseconds since the epoch. */
      readonly serverNow?: number;
    }
  | ({ readonly kind: 'unauthorized' } & Said)
  | ({ readonly kind: 'forbidden' } & Said)
  /** 402: the workspace lets nobody in. */
  | ({ readonly kind: 'closed' } & Said)
  /** Another definite refusal of this request. */
  | ({ readonly kind: 'refused' } & Said)
  | ({ readonly kind: 'rate-limited'; readonly resetsAt?: number } & Said)
  | Obstruction
  | ({ readonly kind: 'server' } & Said)
  | { readonly kind: 'malformed'; readonly status: number; readonly message: string }
  | { readonly kind: 'offline'; readonly message: string }
  /** The proxy gave no connection, which says nothing about the provider or the account. */
  | { readonly kind: 'proxy'; readonly message: string }
  | { readonly kind: 'timeout'; readonly message: string };

const defaultDeadlineMs = 15_000;

/**
 * GETs `path` of the backend as one account, with the headers the official client sends (official-client.md#backend).
 */
export function getBackend(
  http: HttpClient,
  provider: Provider,
  path: string,
  credentials: BackendCredentials,
  { userAgent, signal, deadlineMs = defaultDeadlineMs }: CallOptions,
): Promise<HttpOutcome> {
  const headers = { ...headersOf(credentials, userAgent), accept: '*/*' };
  const url = `${provider.backendUrl}${path}`;
  return http.send(definedOnly({ method: 'GET' as const, url, headers, deadlineMs, signal }));
}

export interface StreamQuestion {
  readonly path: string;
  readonly body: unknown;
  /** Called with the text so far; true ends the reading. */
  readonly isEnough: (text: string) => boolean;
}

/** POSTs a question whose answer is a stream of events; on a connection of its own, which ends with the reading. */
export function postForStream(
  http: HttpClient,
  provider: Provider,
  { path, body, isEnough }: StreamQuestion,
  credentials: BackendCredentials,
  { userAgent, signal, deadlineMs = defaultDeadlineMs }: CallOptions,
): Promise<HttpOutcome> {
  const headers = {
    ...headersOf(credentials, userAgent),
    'content-type': 'application/json',
    accept: 'text/event-stream',
  };
  const request = {
    method: 'POST' as const,
    url: `${provider.backendUrl}${path}`,
    headers,
    body: JSON.stringify(body),
    deadlineMs,
    freshConnection: true,
    isEnough,
  };
  return http.send({ ...request, ...definedOnly({ signal }) });
}

export interface Posting {
  readonly path: string;
  /** Sent as JSON. */
  readonly body: unknown;
}

/**
 * POSTs what spends something: on a connection of its own, so that nothing below sends it a second time, and with a
 * deadline that neither an option (P30) nor Ctrl-C shortens.
 */
export function postOnce(
  http: HttpClient,
  provider: Provider,
  { path, body }: Posting,
  credentials: BackendCredentials,
  { userAgent, spendingDeadlineMs = tokenDeadlineMs }: CallOptions,
): Promise<HttpOutcome> {
  return http.send({
    method: 'POST',
    url: `${provider.backendUrl}${path}`,
    headers: { ...headersOf(credentials, userAgent), 'content-type': 'application/json', accept: '*/*' },
    body: JSON.stringify(body),
    deadlineMs: spendingDeadlineMs,
    freshConnection: true,
  });
}

function headersOf({ accessToken, accountId, isFedramp }: BackendCredentials, userAgent: string) {
  return definedOnly({
    'user-agent': userAgent,
    authorization: `Bearer ${accessToken.reveal()}`,
    'chatgpt-account-id': accountId,
    'x-openai-fedramp': isFedramp === true ? 'true' : undefined,
  });
}

/** Pure; the body of an `ok` answer is JSON. Redirects are never followed. */
export function judgeBackendAnswer(outcome: HttpOutcome, now: number): BackendAnswer {
  if (outcome.kind === 'unsent') {
    return { kind: outcome.reason === 'proxy' ? 'proxy' : 'offline', message: outcome.message };
  }
  if (outcome.kind === 'no-answer') {
    const kind = outcome.reason === 'timeout' ? 'timeout' : outcome.reason === 'too-large' ? undefined : 'offline';
    const { message } = outcome;
    return kind === undefined ? { kind: 'malformed', status: 200, message } : { kind, message };
  }
  return judgeAnswer(outcome, now);
}

function judgeAnswer(answer: Answer, now: number): BackendAnswer {
  const { status, headers, body } = answer;
  if (status >= 200 && status < 300) return judgeSuccess(answer);
  const error = readProviderError(body);
  const obstruction = findObstruction(answer, error);
  if (obstruction !== undefined) return obstruction;
  const said = {
    status,
    ...definedOnly({ requestId: headers['x-request-id'] ?? headers['cf-ray'] }),
    ...reasonIn(error),
  };
  if (status === 429) return { kind: 'rate-limited', ...said, ...definedOnly({ resetsAt: limitEnd(answer, now) }) };
  if (status === 401) return { kind: 'unauthorized', ...said };
  if (status === 402) return { kind: 'closed', ...said };
  if (status === 403) return { kind: 'forbidden', ...said };
  if (status >= 500 || meaningOf(error?.providerCode) === 'passing') return { kind: 'server', ...said };
  if (status >= 400) return { kind: 'refused', ...said };
  return { kind: 'malformed', status, message: notJson };
}

const notJson = 'its answer is not the expected JSON';

/** A gateway may send the refusal of a region with a status that means success. */
function judgeSuccess(answer: Answer): BackendAnswer {
  const json = jsonIn(answer.body);
  if (json === undefined)
    return findObstruction(answer) ?? { kind: 'malformed', status: answer.status, message: notJson };
  const isError = isJsonObject(json) && ('error' in json || 'detail' in json);
  const obstruction = isError ? findObstruction(answer, readErrorValue(json)) : undefined;
  if (obstruction?.by === 'region') return obstruction;
  return { kind: 'ok', body: json, ...definedOnly({ serverNow: readServerDate(answer.headers) }) };
}

function limitEnd({ headers, body }: Answer, now: number): number | undefined {
  const named = limitReset(jsonIn(body), now);
  if (named !== undefined) return named;
  const retryAfterMs = readRetryAfterMs(headers);
  return retryAfterMs === undefined ? undefined : now + retryAfterMs;
}

const LimitError = z.object({
  error: z.object({ type: z.string(), resets_at: looseNumber, resets_in_seconds: looseNumber }),
});

/** When the limit ends that the body of a 429 names (official-client.md#backend); undefined where it names none. */
export function limitReset(body: unknown, observedAt: number): number | undefined {
  const parsed = LimitError.safeParse(body);
  if (!parsed.success) return undefined;
  const { resets_at, resets_in_seconds } = parsed.data.error;
  return resetInstant(resets_at, resets_in_seconds, { observedAt });
}
