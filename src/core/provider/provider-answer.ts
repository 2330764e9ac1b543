import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import type { HttpOutcome } from '../http/client.js';
import { readProviderCode } from './provider-text.js';

type Answer = Extract<HttpOutcome, { kind: 'answer' }>;
type Headers = Answer['headers'];

/** An error of the provider's own making, as opposed to one of a proxy or a page in front of it. */
export interface OAuthError {
  /** A plain lower-case code; absent when there is none. */
  readonly code?: string;
  /** As sent: to be quoted through `quoteProviderText` only. */
  readonly description?: string;
}

const text = z.catch(z.optional(z.string()), undefined);

/** `{error: "code"}` (RFC 6749 section 5.2), `{error: {code, message}}`, or `{code}`. */
const OAuthErrorBody = z.object({
  error: z.catch(z.optional(z.union([z.string(), z.object({ code: text, message: text })])), undefined),
  code: text,
  error_description: text,
  message: text,
});

/** The error in an OAuth-shaped JSON body; undefined for anything else, HTML and `{"detail": …}` included. */
export function readOAuthError(body: string): OAuthError | undefined {
  const parsed = OAuthErrorBody.safeParse(parseJson(body));
  if (!parsed.success) return undefined;
  const { error, code: bareCode, error_description, message } = parsed.data;
  // A gateway may well answer `{"code": "Unauthorized"}`; the provider's codes are plain lower-case words.
  if (error === undefined && readProviderCode(bareCode) === undefined) return undefined;
  const nested = typeof error === 'object' ? error : undefined;
  const code = [nested?.code, error, bareCode].map(readProviderCode).find((candidate) => candidate !== undefined);
  return definedOnly({ code, description: error_description ?? nested?.message ?? message });
}

/** A page in front of the provider that wants a browser; it says nothing about any token. */
export function isChallenge(answer: Answer): boolean {
  if ('cf-mitigated' in answer.headers) return true;
  if (!isHtml(answer)) return false;
  return answer.status === 403 || (answer.status === 503 && /challenge|captcha|just a moment/i.test(answer.body));
}

function isHtml(answer: Answer): boolean {
  return /^text\/html\b/i.test(answer.headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)\b/i.test(answer.body);
}

/** The server's clock in milliseconds since the epoch. */
export function readServerDate(headers: Headers): number | undefined {
  const time = Date.parse(headers['date'] ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** RFC 9110 section 10.2.3: seconds, or a date, which only the server's own clock can turn into a distance. */
export function readRetryAfterMs(headers: Headers): number | undefined {
  const value = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const [until, now] = [Date.parse(value), readServerDate(headers)];
  return Number.isNaN(until) || now === undefined ? undefined : Math.max(0, until - now);
}

/** The JSON value, or undefined: the parse error would quote the body, tokens included. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON, and the caller says what that means.
    return undefined;
  }
}
