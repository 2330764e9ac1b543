import { createParser } from 'eventsource-parser';
import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { parseJson } from '../provider/provider-answer.js';
import { text } from '../storage/tolerant.js';

/** One event of a model's answer, as far as it tells whether the model works. */
export interface ModelEvent {
  /** `response.created`, `response.output_text.delta`, `response.failed`, `error`, … */
  readonly type: string;
  /** Of an event that says what went wrong: the provider's own words, to be quoted with care. */
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
  const parsed = EventData.safeParse(parseJson(data));
  if (!parsed.success) return [];
  const { type, response, error, code, message } = parsed.data;
  const nested = response?.error ?? error;
  const stated = definedOnly({ code: nested?.code ?? nested?.type ?? code, message: nested?.message ?? message });
  return [Object.keys(stated).length === 0 ? { type } : { type, error: stated }];
}

/** The model has said something: it works. */
export function isOutput({ type }: ModelEvent): boolean {
  return /^response\.(completed|output_item\.done|.+\.delta)$/.test(type);
}

/** Whatever was said before it: this is none of a model that works. */
export function isFailure({ type }: ModelEvent): boolean {
  return type === 'error' || type === 'response.failed';
}

/** Nothing that follows could say more about whether the model works. */
export function isDecided(stream: string): boolean {
  const isLast = (event: ModelEvent) => isOutput(event) || isFailure(event) || event.type === 'response.incomplete';
  return readEvents(stream, false).some(isLast);
}
