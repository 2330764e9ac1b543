import { createParser } from 'eventsource-parser';
import * as z from 'zod/mini';
import type { Account } from '../accounts/account.js';
import { type AuthorizedAnswer, askAsAccount, type BackendAccess } from '../asking/authorized-call.js';
import { definedOnly } from '../defined-only.js';
import type { Answer, HttpOutcome } from '../http/client.js';
import { jsonIn } from '../json-text.js';
import { type BackendAnswer, judgeBackendAnswer, postForStream } from '../provider/backend-call.js';
import { findObstruction } from '../provider/obstruction.js';
import { readErrorValue } from '../provider/provider-error.js';
import { type ProviderReason, reasonIn } from '../provider-reason.js';
import { text } from '../storage/tolerant.js';

/** What trying a model with an account came to. Only `available` says that it answered. */
export type ModelVerdict =
  | { readonly kind: 'available' }
  /** This account, or this provider, does not have the model. */
  | ({ readonly kind: 'unsupported'; readonly message: string } & ProviderReason)
  /** The answer began, or was about to, and failed then. */
  | ({ readonly kind: 'failed'; readonly message: string } & ProviderReason)
  | Exclude<BackendAnswer, { kind: 'ok' }>;

/** Pure. `now` turns a wait into a time. */
export function judgeModelAnswer(outcome: HttpOutcome, now: number): ModelVerdict {
  if (outcome.kind === 'answer' && outcome.status >= 200 && outcome.status < 300) return judgeStream(outcome);
  if (outcome.kind === 'no-answer' && outcome.reason === 'reset') return { kind: 'failed', message: outcome.message };
  const judged = judgeBackendAnswer(outcome, now);
  if (judged.kind === 'ok') return noEvents;
  const isRefusal = judged.kind === 'refused' || judged.kind === 'forbidden';
  return isRefusal && isAboutModel(judged) ? unsupported(judged) : judged;
}

const noEvents: ModelVerdict = { kind: 'malformed', status: 200, message: 'its answer is not a stream of events' };

function judgeStream(answer: Answer): ModelVerdict {
  const events = readEvents(answer.body, true);
  const failure = events.find(isFailure);
  if (failure !== undefined) return judgeFailure(failure, answer);
  if (events.some(isOutput)) return { kind: 'available' };
  if (events.length > 0) return { kind: 'failed', message: 'the stream ended without an answer' };
  return findObstruction(answer) ?? noEvents;
}

const limitCodes = /^(rate_limit_exceeded|usage_limit_reached|usage_not_included|insufficient_quota)$/;

function judgeFailure({ error }: ModelEvent, answer: Answer): ModelVerdict {
  const stated = readErrorValue({ error });
  const obstruction = findObstruction(answer, stated);
  if (obstruction !== undefined) return obstruction;
  const reason = reasonIn(stated);
  const { providerCode = '' } = reason;
  if (limitCodes.test(providerCode)) return { kind: 'rate-limited', ...reason };
  if (isAboutModel(reason)) return unsupported(reason);
  const message = reason.providerMessage ?? (providerCode || 'the stream ended in an error');
  return { kind: 'failed', message, ...reason };
}

function unsupported(reason: ProviderReason): ModelVerdict {
  const message = reason.providerMessage ?? reason.providerCode ?? 'the provider does not have it';
  return { kind: 'unsupported', message, ...reasonIn(reason) };
}

/** “The 'x' model is not supported when using Codex with a ChatGPT account.”, and what other gateways say. */
function isAboutModel({ providerCode = '', providerMessage = '' }: ProviderReason): boolean {
  if (/^(model_not_found|unsupported_model|model_not_supported)$/.test(providerCode)) return true;
  const isNamed = /\bmodel\b/i.test(providerMessage);
  return isNamed && /not (supported|found|available|exist)|unsupported|unknown|access to/i.test(providerMessage);
}

/**
 * Asks a model for one word and stops listening at the first sign of it. The one request of this program that spends
 * quota (P16). A limit on the length is not sent, because this endpoint refuses it.
 */
export function tryModel(
  access: BackendAccess,
  account: Account,
  model: string,
): Promise<AuthorizedAnswer<ModelVerdict>> {
  const { http, provider, callOptions, root } = access;
  const question = { path: '/codex/responses', body: smallestTurn(model), isEnough: isDecided };
  return askAsAccount<ModelVerdict>(access, account, async (credentials) =>
    judgeModelAnswer(await postForStream(http, provider, question, credentials, callOptions), root.clock.now()),
  );
}

function smallestTurn(model: string): object {
  return {
    model,
    instructions: 'Answer with the word ok.',
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'ok' }] }],
    store: false,
    stream: true,
  };
}

/** One event of a model's answer, as far as it tells whether the model works. */
interface ModelEvent {
  /** `response.created`, `response.output_text.delta`, `response.failed`, `error`, … */
  readonly type: string;
  /** What went wrong, in the provider's own words, to be quoted with care. */
  readonly error?: { readonly code?: string; readonly message?: string };
}

const ErrorFields = z.catch(z.nullish(z.object({ code: text, type: text, message: text })), undefined);
const EventData = z.object({
  type: z.string(),
  code: text,
  message: text,
  error: ErrorFields,
  response: z.catch(z.nullish(z.object({ error: ErrorFields })), undefined),
});

/**
 * The events of a server-sent stream, or of the beginning of one: what is not complete yet is left out, unless the
 * stream `isOver` (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */
export function readEvents(stream: string, isOver: boolean): ModelEvent[] {
  const events: ModelEvent[] = [];
  const parser = createParser({ onEvent: ({ data }) => void events.push(...readEvent(data)) });
  parser.feed(isOver ? `${stream}\n\n` : stream);
  return events;
}

function readEvent(data: string): ModelEvent[] {
  const parsed = EventData.safeParse(jsonIn(data));
  if (!parsed.success) return [];
  const { type, response, error, code, message } = parsed.data;
  const nested = response?.error ?? error;
  const stated = definedOnly({ code: nested?.code ?? nested?.type ?? code, message: nested?.message ?? message });
  return [Object.keys(stated).length === 0 ? { type } : { type, error: stated }];
}

/** Whether the model has said something: it works. */
function isOutput({ type }: ModelEvent): boolean {
  return /^response\.(completed|output_item\.done|.+\.delta)$/.test(type);
}

/** Whether the model has failed. Then it does not work, whatever it has said before. */
function isFailure({ type }: ModelEvent): boolean {
  return type === 'error' || type === 'response.failed';
}

/** Whether nothing that follows could say more about whether the model works. */
export function isDecided(stream: string): boolean {
  const isLast = (event: ModelEvent) => isOutput(event) || isFailure(event) || event.type === 'response.incomplete';
  return readEvents(stream, false).some(isLast);
}
