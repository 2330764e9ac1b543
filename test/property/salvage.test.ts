import fc from 'fast-check';
import { expect, it } from 'vitest';
import { salvagedFlagged, salvagedPool } from '../../src/core/pools/stored-files.js';

const token = fc.stringMatching(/^[A-Za-z0-9._-]{12,40}$/).filter((text) => !text.startsWith('eyJ'));
/** Labels with what a scanner could stumble over. */
const label = fc.oneof(fc.string(), fc.constantFrom('{', '}', '"', '\\', '{"accounts": [', ']}', '\\"'));
const account = fc.record({ recordId: fc.uuid(), accountLabel: label, refreshToken: token, accessToken: token });
const accounts = fc.uniqueArray(account, { selector: ({ recordId }) => recordId, maxLength: 5 });

it('finds every record that is whole before the place where a file was cut off, and no other', () => {
  fc.assert(
    fc.property(accounts, fc.nat(), fc.boolean(), (stored, cut, isPretty) => {
      const pool = { version: 3, activeIndex: 0, accounts: stored, removed: [] };
      const whole = JSON.stringify(pool, null, isPretty ? 2 : 0);
      const content = whole.slice(0, cut % (whole.length + 1));
      const ends = stored.map((each) => {
        const text = JSON.stringify(each, null, isPretty ? 2 : 0).replaceAll('\n', '\n    ');
        return whole.indexOf(text) + text.length;
      });
      const expected = stored.filter((_, position) => (ends[position] ?? 0) <= content.length);
      const found = salvagedPool(content).accounts;
      expect(found.map(({ id }) => id)).toEqual(expected.map(({ recordId }) => recordId));
      expect(found.map(({ tokens }) => tokens.refreshToken?.reveal())).toEqual(
        expected.map(({ refreshToken }) => refreshToken),
      );
    }),
  );
});

it('survives any content', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json(), fc.constantFrom('[]', '{"accounts": 1}', '{"accounts": [1, {}]}')),
      (text) => {
        expect(salvagedPool(text).accounts).toEqual([]);
        expect(salvagedFlagged(text).accounts).toEqual([]);
      },
    ),
  );
});

it('leaves out a record whose tokens are damaged too', () => {
  const record = (refreshToken: unknown, accessToken?: unknown) => ({ recordId: 'acc_a', refreshToken, accessToken });
  for (const each of [
    record('short'),
    record('with space in it'),
    record(12),
    record('fine-token-1234', 'eyJhbGciOi.x'),
  ]) {
    expect(salvagedPool(JSON.stringify({ accounts: [each] })).accounts).toEqual([]);
  }
  expect(salvagedPool(JSON.stringify({ accounts: [record('fine-token-1234')] })).accounts).toHaveLength(1);
});
