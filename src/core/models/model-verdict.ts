import { definedOnly } from '../defined-only.js';
import type { HttpOutcome } from '../http/client.js';
import { type BackendAnswer, judgeBackendAnswer } from '../provider/backend-call.js';
import { parseJson } from '../provider/provider-answer.js';
import { quoteProviderText } from '../provider/provider-text.js';
import { readText, record } from '../storage/tolerant.js';
import { isFailure, isOutput, type ModelEvent, readEvents } from './event-stream.js';

/** What trying a model with an account came to. Only `available` says that it answered. */
export type ModelVerdict =
  | { readonly kind: 'available' }
  /** This account, or this provider, does not have the model. */
  | { readonly kind: 'unsupported'; readonly message: string }
  /** The answer began, or was about to, and came to a bad end. */
  | { readonly kind: 'failed'; readonly message: string }
  /** The request itself was turned down, for a reason that does not name the model. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  | Exclude<BackendAnswer, { kind: 'ok' | 'closed' }>;

type Answer = Extract<HttpOutcome, { kind: 'answer' }>;

/** Pure. `now` turns a wait into a time. */
export function judgeModelAnswer(outcome: HttpOutcome, now: number): ModelVerdict {
  if (outcome.kind === 'answer' && isIn(outcome.status, 200)) return judgeStream(outcome.body);
  if (outcome.kind === 'no-answer' && outcome.reason === 'reset') return { kind: 'failed', message: outcome.message };
  const judged = judgeBackendAnswer(outcome, now);
  const isRefusal = judged.kind === 'closed' || judged.kind === 'malformed';
  if (outcome.kind === 'answer' && isRefusal && isIn(outcome.status, 400)) return judgeRefusal(outcome);
  return judged.kind === 'ok' || judged.kind === 'closed' ? noEvents : judged;
}

function isIn(status: number, hundred: number): boolean {
  return status >= hundred && status < hundred + 100;
}

const noEvents: ModelVerdict = { kind: 'malformed', status: 200, message: 'its answer is not a stream of events' };

function judgeStream(body: string): ModelVerdict {
  const events = readEvents(body, true);
  const failure = events.find(isFailure);
  if (failure !== undefined) return judgeFailure(failure);
  if (events.some(isOutput)) return { kind: 'available' };
  return events.length === 0 ? noEvents : { kind: 'failed', message: 'the stream ended without an answer' };
}

const limitCodes = /^(rate_limit_exceeded|usage_limit_reached|usage_not_included|insufficient_quota)$/;

function judgeFailure({ error = {} }: ModelEvent): ModelVerdict {
  const { code = '', message = '' } = error;
  if (limitCodes.test(code)) return { kind: 'rate-limited' };
  const words = quoteProviderText(message || code) || 'the stream ended in an error';
  return { kind: isAboutModel(code, message) ? 'unsupported' : 'failed', message: words };
}

function judgeRefusal({ status, body }: Answer): ModelVerdict {
  const { code, message } = readRefusal(body);
  const words = quoteProviderText(message || code) || `the provider refuses the request (${status})`;
  if (isAboutModel(code, message)) return { kind: 'unsupported', message: words };
  return { kind: 'refused', status, message: words };
}

/** `{"detail": "…"}`, or `{"error": {code, message}}`. */
function readRefusal(body: string): { readonly code: string; readonly message: string } {
  const top = record.safeParse(parseJson(body)).data ?? {};
  const error = record.safeParse(top['error']).data ?? {};
  const { code = '', message = '' } = definedOnly({
    code: readText(error['code']),
    message: readText(top['detail']) ?? readText(error['message']),
  });
  return { code, message };
}

/** “The 'x' model is not supported when using Codex with a ChatGPT account.”, and what other gateways say. */
function isAboutModel(code: string, message: string): boolean {
  if (/^(model_not_found|unsupported_model|model_not_supported)$/.test(code)) return true;
  return (
    /\bmodel\b/i.test(message) && /not (supported|found|available|exist)|unsupported|unknown|access to/i.test(message)
  );
}
