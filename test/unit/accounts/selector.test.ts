import { describe, expect, it } from 'vitest';
import type { Account } from '../../../src/core/accounts/account.js';
import { type SelectorScope, selectAccount } from '../../../src/core/accounts/selector.js';
import { AppError } from '../../../src/core/errors.js';
import { accountOf } from '../../support/stored-accounts.js';

const account = (id: string, email: string, more: Partial<Account> = {}) => accountOf(id, { email }, more);

const here: SelectorScope = {
  accounts: [
    account('acc_1a', 'alice@example.com', { label: 'work', accountId: 'uuid-home' }),
    account('acc_2b', 'alice@example.com', { label: 'Studio', accountId: 'uuid-studio' }),
    account('acc_3c', 'bob@example.com', { label: 'work laptop', accountId: 'uuid-studio' }),
    account('acc_4d', 'dave@example.com', { accountId: '1111-1111', workspaceName: 'Acme Studio' }),
    account('acc_5e', 'erin@example.com', { workspaceName: 'Work' }),
  ],
  previousId: 'acc_2b',
};
const elsewhere = [{ account: account('acc_9z', 'carol@example.org', { label: '42' }), scopeKey: 'p' }];

function select(selector: string): string {
  try {
    const { account: found, scopeKey } = selectAccount(selector, here, elsewhere);
    return scopeKey === undefined ? found.id : `${found.id} in ${scopeKey}`;
  } catch (error) {
    return error instanceof AppError ? error.code : `${error}`;
  }
}

describe('a selector', () => {
  it.each([
    ['1', 'acc_1a'],
    ['003', 'acc_3c'],
    ['0', 'no-such-account'],
    ['6', 'no-such-account'],
    ['42', 'no-such-account'],
    ['99999999999999999999999', 'no-such-account'],
    ['-', 'acc_2b'],
    ['work', 'acc_1a'],
    ['WORK', 'acc_1a'],
    ['laptop', 'acc_3c'],
    ['wor', 'ambiguous-selector'],
    ['studio', 'acc_2b'],
    ['acme studio', 'acc_4d'],
    ['acme', 'acc_4d'],
    ['Bob@Example.com', 'acc_3c'],
    ['alice@example.com', 'ambiguous-selector'],
    ['acc_2', 'acc_2b'],
    ['acc_', 'ambiguous-selector'],
    ['uuid-home', 'acc_1a'],
    ['uuid-studio', 'ambiguous-selector'],
    ['carol', 'acc_9z in p'],
    ['example.org', 'acc_9z in p'],
    ['nobody', 'no-such-account'],
    ['', 'no-such-account'],
    ['   ', 'no-such-account'],
    ['-1', 'no-such-account'],
  ])('%j means %s', (selector, expected) => {
    expect(select(selector)).toBe(expected);
  });

  it('that means several names them all', () => {
    const attempt = () => selectAccount('alice@example.com', here, elsewhere);
    expect(attempt).toThrow(/acc_1a[\s\S]*acc_2b/);
    expect(attempt).toThrow(
      expect.objectContaining({ details: { candidates: expect.objectContaining({ length: 2 }) } }),
    );
  });

  it('for the previous account says when there is none, or none any more', () => {
    expect(() => selectAccount('-', { accounts: here.accounts })).toThrow(/no previous account/);
    expect(() => selectAccount('-', { ...here, previousId: 'gone' })).toThrow(/no previous account/);
  });
});
