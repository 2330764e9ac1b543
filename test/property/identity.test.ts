import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contradicts, findSame, type Identity, isExactly, isSameAccount } from '../../src/core/accounts/identity.js';
import { definedOnly } from '../../src/core/defined-only.js';

const some = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });

/** From few values, so that agreement is as common as contradiction. */
const identity: fc.Arbitrary<Identity> = fc
  .record({
    userId: some(fc.constantFrom('u1', 'u2')),
    accountId: some(fc.constantFrom('w1', 'w2')),
    email: some(fc.constantFrom('a@x.io', ' A@X.io ', 'b@x.io', '', ' ')),
  })
  .map(definedOnly);

it('is symmetric', () => {
  fc.assert(
    fc.property(identity, identity, (a, b) => {
      expect(isSameAccount(a, b)).toBe(isSameAccount(b, a));
      expect(isExactly(a, b)).toBe(isExactly(b, a));
    }),
  );
});

it('never merges two account ids or two user ids', () => {
  fc.assert(
    fc.property(identity, identity, (a, b) => {
      if (!isSameAccount(a, b)) return;
      expect(contradicts(a, b)).toBe(false);
    }),
  );
});

it('needs an email or both ids in common', () => {
  fc.assert(
    fc.property(identity, identity, (a, b) => {
      if (!isSameAccount(a, b) || isExactly(a, b)) return;
      expect(a.email?.trim().toLowerCase()).toBe(b.email?.trim().toLowerCase());
      expect(a.email?.trim()).not.toBe('');
    }),
  );
});

it('knows whoever has both ids, whatever became of the email', () => {
  fc.assert(
    fc.property(identity, identity, (a, b) => {
      const ids = { userId: 'u1', accountId: 'w1' };
      expect(isSameAccount({ ...a, ...ids }, { ...b, ...ids })).toBe(true);
    }),
  );
});

it('finds only a record that is the same account, and the one with both ids if there is one', () => {
  fc.assert(
    fc.property(fc.array(identity, { maxLength: 6 }), identity, (candidates, wanted) => {
      const found = findSame(candidates, wanted);
      const exact = candidates.find((each) => isExactly(each, wanted));
      if (exact !== undefined) expect(found).toBe(exact);
      if (found === undefined) return;
      expect(candidates).toContain(found);
      expect(isSameAccount(found, wanted)).toBe(true);
    }),
  );
});

it('does not choose between records of two workspaces', () => {
  fc.assert(
    fc.property(fc.array(identity, { maxLength: 6 }), identity, (candidates, wanted) => {
      const found = findSame(candidates, wanted);
      if (found === undefined) return;
      const rivals = candidates.filter((each) => isSameAccount(each, wanted) && contradicts(each, found));
      // Only an id of the login itself may have decided against them.
      for (const rival of rivals) {
        expect(isExactly(found, wanted) || found.accountId === wanted.accountId).toBe(true);
        expect(isExactly(rival, wanted)).toBe(false);
      }
    }),
  );
});
