import { expect, test } from 'vitest';
import type { HttpOutcome } from '../../../src/core/http/client.js';
import { judgeModelAnswer } from '../../../src/core/models/model-verdict.js';

const now = Date.UTC(2026, 10, 21, 12);
const canary = 'rt_canary-0123456789abcdef0123456789';
const answer = (status: number, body: string | object, headers: Record<string, string> = {}): HttpOutcome => ({
  kind: 'answer',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const stream = (...events: object[]) =>
  answer(200, events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''), {
    'content-type': 'text/event-stream',
  });
const created = { type: 'response.created' };
const delta = { type: 'response.output_text.delta', delta: 'ok' };
const failed = (code: string, message?: string) => ({
  type: 'response.failed',
  response: { error: { code, message } },
});
const unsupported = "The 'gpt-9' model is not supported when using Codex with a ChatGPT account.";

test.each<[string, HttpOutcome, object]>([
  ['a first word', stream(created, delta), { kind: 'available' }],
  ['a completed answer', stream(created, { type: 'response.completed' }), { kind: 'available' }],
  ['a word and then the end of the room for it', stream(delta, { type: 'response.incomplete' }), { kind: 'available' }],
  ['no word before the end', stream(created, { type: 'response.incomplete' }), { kind: 'failed' }],
  ['a stream that only begins', stream(created), { kind: 'failed', message: 'the stream ended without an answer' }],
  ['a failure in the stream', stream(created, failed('server_error', 'boom')), { kind: 'failed', message: 'boom' }],
  [
    'a failure after a word',
    stream(created, delta, failed('server_error')),
    { kind: 'failed', message: 'server_error' },
  ],
  ['an error without words', stream({ type: 'error' }), { kind: 'failed', message: 'the stream ended in an error' }],
  ['a limit in the stream', stream(created, failed('rate_limit_exceeded', 'slow down')), { kind: 'rate-limited' }],
  ['a model that the stream does not know', stream(failed('model_not_found', 'no')), { kind: 'unsupported' }],
  ['a page with status 200', answer(200, '<html>hello</html>'), { kind: 'obstructed', by: 'page', status: 200 }],
  ['JSON with status 200', answer(200, { id: 'resp_1' }), { kind: 'malformed', status: 200 }],
  ['400 about the model', answer(400, { detail: unsupported }), { kind: 'unsupported', message: unsupported }],
  ['404 about the model', answer(404, { error: { code: 'model_not_found' } }), { kind: 'unsupported' }],
  ['400 about something else', answer(400, { detail: 'Store must be set to false' }), { kind: 'refused', status: 400 }],
  [
    '402',
    answer(402, { detail: { code: 'deactivated_workspace' } }),
    { kind: 'closed', status: 402, providerCode: 'deactivated_workspace' },
  ],
  ['400 without words', answer(400, ''), { kind: 'refused', status: 400 }],
  [
    'a region in the stream',
    stream(created, failed('unsupported_country_region_territory')),
    { kind: 'obstructed', by: 'region' },
  ],
  ['401', answer(401, {}), { kind: 'unauthorized' }],
  ['403', answer(403, { detail: 'no' }), { kind: 'forbidden' }],
  [
    'a challenge page',
    answer(403, '<!doctype html>', { 'cf-mitigated': 'challenge' }),
    { kind: 'obstructed', by: 'challenge' },
  ],
  [
    '429',
    answer(429, { error: { type: 'usage_limit_reached', resets_in_seconds: 60 } }),
    { kind: 'rate-limited', resetsAt: now + 60_000 },
  ],
  ['500', answer(500, ''), { kind: 'server', status: 500 }],
  ['a redirect', answer(307, '', { location: '/elsewhere' }), { kind: 'obstructed', by: 'redirect', status: 307 }],
  ['no network', { kind: 'unsent', reason: 'dns', message: 'not found' }, { kind: 'offline' }],
  ['no answer in time', { kind: 'no-answer', reason: 'timeout', message: 'too slow' }, { kind: 'timeout' }],
  ['a broken connection', { kind: 'no-answer', reason: 'reset', message: 'broke off' }, { kind: 'failed' }],
  ['too much', { kind: 'no-answer', reason: 'too-large', message: 'too large' }, { kind: 'malformed' }],
])('%s', (_what, outcome, verdict) => {
  expect(judgeModelAnswer(outcome, now)).toMatchObject(verdict);
});

test('the words of the provider are quoted without what looks like a token', () => {
  const verdicts = [
    judgeModelAnswer(answer(400, { detail: `bad ${canary}` }), now),
    judgeModelAnswer(stream(failed('server_error', `bad ${canary}`)), now),
  ];
  expect(JSON.stringify(verdicts)).toContain('bad');
  expect(JSON.stringify(verdicts)).not.toContain(canary);
});
