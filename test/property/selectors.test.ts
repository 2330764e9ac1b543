import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Account } from '../../src/core/accounts/account.js';
import { type LocatedAccount, selectAccount } from '../../src/core/accounts/selector.js';
import { AppError } from '../../src/core/errors.js';

const name = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('1', '2', '-', 'a@x.io', 'A@X.IO', 'work', ' '));

const account: fc.Arbitrary<Account> = fc
  .record({ id: name, email: name, label: name, accountId: name }, { requiredKeys: ['id'] })
  .map((names) => ({ ...names, enabled: true, tokens: { generation: 0 }, raw: {} }));

const accounts = fc.array(account, { maxLength: 5 });
const located = accounts.map((list) => list.map((each): LocatedAccount => ({ account: each, scopeKey: 'p' })));

function outcome(selector: string, here: Account[], elsewhere: LocatedAccount[] = [], previousId?: string) {
  try {
    const scope = previousId === undefined ? { accounts: here } : { accounts: here, previousId };
    return selectAccount(selector, scope, elsewhere);
  } catch (error) {
    // Anything else is a defect, and fails the property.
    if (error instanceof AppError) return error;
    throw error;
  }
}

it('whatever a person types means one account that exists, or is an error with a code', () => {
  fc.assert(
    fc.property(name, accounts, located, fc.option(name, { nil: undefined }), (selector, here, elsewhere, previous) => {
      const found = outcome(selector, here, elsewhere, previous);
      if (found instanceof AppError) expect(['no-such-account', 'ambiguous-selector']).toContain(found.code);
      else expect([...here, ...elsewhere.map((each) => each.account)]).toContain(found.account);
    }),
  );
});

it('digits are a position and nothing else', () => {
  fc.assert(
    fc.property(fc.nat(12), fc.nat(3), accounts, located, (index, zeros, here, elsewhere) => {
      const found = outcome('0'.repeat(zeros) + String(index), here, elsewhere);
      const expected = here[index - 1];
      if (expected === undefined) expect(found).toMatchObject({ code: 'no-such-account' });
      else expect(found).toEqual({ account: expected });
    }),
  );
});

it('an id that nobody else is called finds its account', () => {
  fc.assert(
    fc.property(accounts, located, (here, elsewhere) => {
      const unique: Account = { id: 'acc_unlike_all', enabled: true, tokens: { generation: 0 }, raw: {} };
      expect(outcome('acc_unlike_all', [...here, unique], elsewhere)).toEqual({ account: unique });
      expect(outcome('ACC_UNLIKE', [...here, unique], elsewhere)).toEqual({ account: unique });
    }),
  );
});

it('what is here is never overruled by what is elsewhere', () => {
  fc.assert(
    fc.property(name, accounts, located, (selector, here, elsewhere) => {
      const alone = outcome(selector, here);
      if (alone instanceof AppError) return;
      expect(outcome(selector, here, elsewhere)).toEqual(alone);
    }),
  );
});
