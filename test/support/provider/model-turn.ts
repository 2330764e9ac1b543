import { randomUUID } from 'node:crypto';

/** The event stream of one answered turn. */
export function modelTurn(text: string): string {
  const id = `resp_${randomUUID()}`;
  const message = {
    type: 'message',
    role: 'assistant',
    id: `msg_${randomUUID()}`,
    content: [{ type: 'output_text', text }],
  };
  const usage = {
    input_tokens: 10,
    input_tokens_details: null,
    output_tokens: 5,
    output_tokens_details: null,
    total_tokens: 15,
  };
  return [
    { type: 'response.created', response: { id } },
    { type: 'response.output_item.done', item: message },
    { type: 'response.completed', response: { id, usage } },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('');
}

/** The headers of a model answer that repeat a usage payload's windows (official-client.md#backend). */
export function rateLimitHeaders(usage: Readonly<Record<string, unknown>>): Record<string, string> {
  const limits = member(usage, 'rate_limit');
  const headers: Record<string, string> = {};
  for (const name of ['primary', 'secondary']) {
    const limit = member(limits, `${name}_window`);
    if (limit === undefined || limit === null) continue;
    headers[`x-codex-${name}-used-percent`] = String(member(limit, 'used_percent'));
    headers[`x-codex-${name}-window-minutes`] = String(Number(member(limit, 'limit_window_seconds')) / 60);
    headers[`x-codex-${name}-reset-at`] = String(member(limit, 'reset_at'));
  }
  return headers;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
