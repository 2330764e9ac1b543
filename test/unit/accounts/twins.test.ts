import { expect, it } from 'vitest';
import { type Account, describeAccount } from '../../../src/core/accounts/account.js';
import { tellApart } from '../../../src/core/accounts/twins.js';
import { accountOf } from '../../support/stored-accounts.js';

const email = 'alice@example.com';
const twin = (id: string, accountId: string | undefined, more: Partial<Account> = {}): Account => ({
  ...accountOf(id, { userId: 'alice', ...(accountId === undefined ? {} : { accountId }), email }),
  ...more,
});
const names = (accounts: readonly Account[]) => tellApart(accounts).map(describeAccount);

it.each<[string, Account[], string[]]>([
  ['one account', [twin('a', '1')], [email]],
  [
    'names of workspaces',
    [twin('a', '1', { workspaceName: 'Home' }), twin('b', '2', { workspaceName: 'Studio' })],
    [`${email} (Home)`, `${email} (Studio)`],
  ],
  ['a name of one only', [twin('a', '1', { workspaceName: 'Home' }), twin('b', '2')], [`${email} (Home)`, email]],
  [
    'plans',
    [twin('a', '1', { planType: 'plus' }), twin('b', '2', { planType: 'team' })],
    [`${email} (plus)`, `${email} (team)`],
  ],
  [
    'ends of the account ids where the plans are the same',
    [twin('a', '1111-aaaa', { planType: 'team' }), twin('b', '2222-bbbb', { planType: 'team' })],
    [`${email} (…aaaa)`, `${email} (…bbbb)`],
  ],
  [
    'ends of the account ids where a plan is unknown, as long as they have to be',
    [twin('a', '1-same'), twin('b', '2-same', { planType: 'team' })],
    [`${email} (1-same)`, `${email} (2-same)`],
  ],
  [
    'one name of two workspaces, and the plans',
    [
      twin('a', '1', { workspaceName: 'Acme', planType: 'plus' }),
      twin('b', '2', { workspaceName: 'Acme', planType: 'team' }),
    ],
    [`${email} (Acme, plus)`, `${email} (Acme, team)`],
  ],
  [
    'a label that both have',
    [twin('a', '1-aaaa', { label: 'work' }), twin('b', '2-bbbb', { label: 'Work' })],
    ['work (…aaaa)', 'Work (…bbbb)'],
  ],
  [
    'our own ids, where there is no other',
    [twin('acc_1111', '1'), twin('acc_2222', '1')],
    [`${email} (…1111)`, `${email} (…2222)`],
  ],
])('accounts are told apart by %s', (_what, accounts, expected) => {
  expect(names(accounts)).toEqual(expected);
});

it('three of one name are all different, two of them of one plan', () => {
  const accounts = [
    twin('a', '1111', { planType: 'team' }),
    twin('b', '2222', { planType: 'team' }),
    twin('c', '3333', { planType: 'plus' }),
  ];
  expect(new Set(names(accounts)).size).toBe(3);
});
