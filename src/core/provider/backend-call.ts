import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import type { HttpClient, HttpOutcome } from '../http/client.js';
import { parseLimitError } from '../quota/limit-answer.js';
import type { Secret } from '../secret.js';
import type { CallOptions, Provider } from './provider.js';
import { isChallenge, parseJson, readOAuthError, readRetryAfterMs, readServerDate } from './provider-answer.js';
import { readProviderCode } from './provider-text.js';

/** Whose call it is. */
export interface BackendCredentials {
  readonly accessToken: Secret;
  readonly accountId?: string;
  readonly isFedramp?: boolean;
}

/** What a backend call came to. Only `unauthorized` says anything about the token (DESIGN §7). */
export type BackendAnswer =
  | {
      readonly kind: 'ok';
      readonly body: unknown;
      /** When it answered, by its own clock; milliseconds since the epoch. */
      readonly serverNow?: number;
    }
  /** `code` is the provider's own word for why, where it gave one. */
  | { readonly kind: 'unauthorized'; readonly requestId?: string; readonly code?: string }
  | { readonly kind: 'forbidden'; readonly requestId?: string; readonly code?: string }
  /** 402: the workspace does not let anybody in. */
  | { readonly kind: 'closed'; readonly requestId?: string; readonly code?: string }
  | { readonly kind: 'rate-limited'; readonly resetsAt?: number; readonly requestId?: string }
  | { readonly kind: 'challenge'; readonly status: number }
  | { readonly kind: 'server'; readonly status: number; readonly requestId?: string }
  | { readonly kind: 'malformed'; readonly status: number; readonly message: string }
  | { readonly kind: 'offline'; readonly message: string }
  /** The proxy gave no connection, which says nothing about the provider or the account. */
  | { readonly kind: 'proxy'; readonly message: string }
  | { readonly kind: 'timeout'; readonly message: string };

const defaultDeadlineMs = 15_000;

/** GETs `path` of the backend as one account, with the headers the official client sends (CODEX.md §4). */
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
  /** Told the text so far; true ends the reading. */
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

function headersOf({ accessToken, accountId, isFedramp }: BackendCredentials, userAgent: string) {
  return definedOnly({
    'user-agent': userAgent,
    authorization: `Bearer ${accessToken.reveal()}`,
    'chatgpt-account-id': accountId,
    'x-openai-fedramp': isFedramp === true ? 'true' : undefined,
  });
}

/** Pure; the body is JSON or the answer is `malformed`. Redirects are never followed, so they are malformed too. */
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

function judgeAnswer(answer: Extract<HttpOutcome, { kind: 'answer' }>, now: number): BackendAnswer {
  const { status, headers, body } = answer;
  const request = definedOnly({ requestId: headers['x-request-id'] ?? headers['cf-ray'] });
  if (status === 429) return { kind: 'rate-limited', ...request, ...definedOnly({ resetsAt: limitEnd(answer, now) }) };
  if (isChallenge(answer)) return { kind: 'challenge', status };
  const refused = { ...request, ...definedOnly({ code: readRefusalCode(body) }) };
  if (status === 401) return { kind: 'unauthorized', ...refused };
  if (status === 402) return { kind: 'closed', ...refused };
  if (status === 403) return { kind: 'forbidden', ...refused };
  if (status >= 500) return { kind: 'server', status, ...request };
  const json = status >= 200 && status < 300 ? parseJson(body) : undefined;
  if (json !== undefined) return { kind: 'ok', body: json, ...definedOnly({ serverNow: readServerDate(headers) }) };
  const message = status >= 300 && status < 400 ? 'it answered with a redirect' : 'its answer is not the expected JSON';
  return { kind: 'malformed', status, message };
}

const Detail = z.object({ detail: z.union([z.string(), z.object({ code: z.string() })]) });

/** `{error: {code}}`, `{code}`, or `{detail: {code}}`, which the backend uses too; undefined for anything else. */
function readRefusalCode(body: string): string | undefined {
  const code = readOAuthError(body)?.code;
  if (code !== undefined) return code;
  const detail = Detail.safeParse(parseJson(body)).data?.detail;
  return readProviderCode(typeof detail === 'string' ? detail : detail?.code);
}

function limitEnd({ headers, body }: Extract<HttpOutcome, { kind: 'answer' }>, now: number): number | undefined {
  const named = parseLimitError(parseJson(body), now)?.resetsAt;
  if (named !== undefined) return named;
  const retryAfterMs = readRetryAfterMs(headers);
  return retryAfterMs === undefined ? undefined : now + retryAfterMs;
}
