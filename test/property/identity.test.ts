import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  contradicts,
  findSame,
  type Identity,
  isExactly,
  isSameAccount,
  realAccountId,
} from '../../src/core/accounts/identity.js';
import { definedOnly } from '../../src/core/defined-only.js';

const some = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });

/** From few values, so that agreement is as common as contradiction. */
const identity: fc.Arbitrary<Identity> = fc
  .record({
    userId: some(fc.constantFrom('u1', 'u2')),
    accountId: some(fc.constantFrom('w1', 'w2', 'org-1')),
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

it('needs an email or the user id in common', () => {
  fc.assert(
    fc.property(identity, identity, (a, b) => {
      if (!isSameAccount(a, b) || (a.userId !== undefined && a.userId === b.userId)) return;
      expect(a.email?.trim().toLowerCase()).toBe(b.email?.trim().toLowerCase());
      expect(a.email?.trim()).not.toBe('');
    }),
  );
});

it('never takes a login that names no account for one of an account of the same person', () => {
  fc.assert(
    fc.property(fc.array(identity, { maxLength: 6 }), fc.constantFrom('u1', 'u2'), (candidates, userId) => {
      const found = findSame(candidates, { userId, email: 'a@x.io' });
      if (found?.userId === userId) expect(realAccountId(found.accountId)).toBeUndefined();
    }),
  );
});

it('tells a login of an account from one that names none, unless that is all the person has', () => {
  fc.assert(
    fc.property(fc.array(identity, { maxLength: 6 }), (candidates) => {
      const wanted = { userId: 'u1', accountId: 'w1', email: 'a@x.io' };
      const found = findSame(candidates, wanted);
      if (found?.userId !== 'u1' || found.accountId === 'w1') return;
      expect(realAccountId(found.accountId)).toBeUndefined();
      expect(candidates.filter(({ userId }) => userId === 'u1')).toEqual([found]);
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
      expect(contradicts(found, wanted)).toBe(false);
    }),
  );
});

it('does not choose between records of two workspaces', () => {
  fc.assert(
    fc.property(fc.array(identity, { maxLength: 6 }), identity, (candidates, wanted) => {
      const found = findSame(candidates, wanted);
      if (found === undefined) return;
      const rivals = candidates.filter((each) => isSameAccount(each, wanted) && contradicts(each, found));
      // The rivals may have lost only because `found` agrees with the login in an id of its own.
      for (const rival of rivals) {
        expect(isExactly(found, wanted) || found.accountId === wanted.accountId).toBe(true);
        expect(isExactly(rival, wanted)).toBe(false);
      }
    }),
  );
});
