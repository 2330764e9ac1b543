import { describe, expect, test } from 'vitest';
import { isDecided, readEvents } from '../../../src/core/models/model-verdict.js';

const event = (data: object, end = '\n\n') => `event: x\ndata: ${JSON.stringify(data)}${end}`;
const created = event({ type: 'response.created', response: { id: 'resp_1', error: null } });
const delta = event({ type: 'response.output_text.delta', delta: 'ok' });

describe('a stream of events', () => {
  test('is read event by event, whatever ends its lines', () => {
    const types = (text: string) => readEvents(text, false).map(({ type }) => type);
    expect(types(created + delta)).toEqual(['response.created', 'response.output_text.delta']);
    expect(types((created + delta).replaceAll('\n', '\r\n'))).toEqual([
      'response.created',
      'response.output_text.delta',
    ]);
    expect(types(': a comment\n\ndata: [DONE]\n\ndata: {"no":"type"}\n\n')).toEqual([]);
    expect(types('data: {"type":\ndata: "response.created"}\n\n')).toEqual(['response.created']);
  });

  test('does not count an event before it is complete, unless the stream is over', () => {
    const half = delta.slice(0, -2);
    expect(readEvents(half, false)).toEqual([]);
    expect(readEvents(half, true)).toEqual([{ type: 'response.output_text.delta' }]);
    expect(readEvents(delta.slice(0, 30), true)).toEqual([]);
  });

  test.each([
    [{ type: 'response.failed', response: { error: { code: 'server_error', message: 'boom' } } }],
    [{ type: 'error', code: 'server_error', message: 'boom' }],
    [{ type: 'error', error: { type: 'server_error', message: 'boom' } }],
  ])('tells what went wrong in %j', (data) => {
    expect(readEvents(event(data), false)).toEqual([
      { type: data.type, error: { code: 'server_error', message: 'boom' } },
    ]);
  });
});

test.each([
  ['nothing', '', false],
  ['its beginning', created, false],
  ['the beginning of an item', created + event({ type: 'response.output_item.added', item: {} }), false],
  ['half of the first word', created + delta.slice(0, -1), false],
  ['the first word', created + delta, true],
  ['a thought', event({ type: 'response.reasoning_summary_text.delta', delta: 'hm' }), true],
  ['a whole item', event({ type: 'response.output_item.done', item: {} }), true],
  ['its end', event({ type: 'response.completed', response: {} }), true],
  ['a failure', event({ type: 'response.failed', response: {} }), true],
  ['an error', event({ type: 'error' }), true],
  ['an end before the end', event({ type: 'response.incomplete', response: {} }), true],
])('after %s the matter is decided: %#', (_what, stream, decided) => {
  expect(isDecided(stream)).toBe(decided);
});
