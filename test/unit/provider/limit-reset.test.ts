import { expect, it } from 'vitest';
import { limitReset } from '../../../src/core/provider/backend-call.js';
import { observedAt } from '../quota/payloads.js';

it('reads when the limit resets that the body of a 429 names', () => {
  const error = { type: 'usage_limit_reached', plan_type: 'plus', resets_at: 1_900_000_000 };
  expect(limitReset({ error }, observedAt)).toBe(1_900_000_000_000);
});

it('counts from the answer when only the distance is named', () => {
  const error = { type: 'usage_limit_reached', resets_at: null, resets_in_seconds: '120' };
  expect(limitReset({ error }, observedAt)).toBe(observedAt + 120_000);
});

it.each([
  [{ error: { type: 'usage_not_included' } }],
  [undefined],
  [null],
  [{ error: 'slow down' }],
  [{ error: { code: 'x' } }],
])('finds no reset in %j', (given) => {
  expect(limitReset(given, observedAt)).toBeUndefined();
});
