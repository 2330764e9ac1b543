import { expect, test } from 'vitest';
import type { Account } from '../../../src/core/accounts/account.js';
import { groupLogins } from '../../../src/core/renewal/login-groups.js';
import type { TokenFile } from '../../../src/core/renewal/token-file.js';
import { Secret } from '../../../src/core/secret.js';
import { versionOf } from '../../../src/core/storage/atomic-file.js';
import { accountOf } from '../../support/stored-accounts.js';

const file = (name: string, refresh: string, identity: object): TokenFile => ({
  name,
  path: `/tokens/${name}`,
  version: versionOf(''),
  login: { identity, tokens: { refreshToken: new Secret(refresh), generation: 0 }, isDisabled: false },
});
const alice = { userId: 'alice', accountId: 'home', email: 'alice@example.com' };
const atStudio = { ...alice, accountId: 'studio' };
const bob = { userId: 'bob', accountId: 'studio', email: 'bob@example.com' };
const record = (id: string, who: object, refresh: string): Account => accountOf(id, { ...who, refresh });

/** What belongs together, as sorted words. */
const grouped = (accounts: Account[], files: TokenFile[], records: Account[] = []) =>
  groupLogins(accounts, files, records)
    .map((group) => [...group.accounts.map(({ id }) => id), ...group.files.map(({ name }) => name)].sort().join(' '))
    .sort();

test.each<[string, Account[], TokenFile[], Account[], string[]]>([
  ['strangers stay apart', [], [file('a', '1', alice), file('b', '2', bob)], [], ['a', 'b']],
  ['one identity is one login', [], [file('a', '1', alice), file('b', '2', alice)], [], ['a b']],
  ['two workspaces of one person are two', [], [file('a', '1', alice), file('b', '2', atStudio)], [], ['a', 'b']],
  ['unless they share a token', [], [file('a', '1', alice), file('b', '1', atStudio)], [], ['a b']],
  [
    'a token may be shared in a chain',
    [],
    [file('a', '1', alice), file('b', '2', atStudio), file('c', '2', alice)],
    [],
    ['a b c'],
  ],
  [
    'an email alone fits the one login it can mean',
    [],
    [file('a', '1', alice), file('b', '2', { email: alice.email })],
    [],
    ['a b'],
  ],
  [
    'and none of two',
    [],
    [file('a', '1', alice), file('b', '2', atStudio), file('c', '3', { email: alice.email })],
    [],
    ['a', 'b', 'c'],
  ],
  ['a record of ours comes with its file', [], [file('a', '9', alice)], [record('acc', alice, '1')], ['a acc']],
  ['or by its token', [], [file('a', '1', { email: 'x@example.com' })], [record('acc', alice, '1')], ['a acc']],
  ['other records stay out', [record('acc', alice, '1')], [], [record('bob', bob, '2')], ['acc']],
  [
    'an account and a file of the same login are one',
    [record('acc', alice, '1'), record('bob', bob, '2')],
    [file('a', '3', alice)],
    [record('acc', alice, '1')],
    ['a acc', 'bob'],
  ],
  [
    'accounts that share a token are one',
    [record('home', alice, '1'), record('studio', atStudio, '1')],
    [],
    [],
    ['home studio'],
  ],
])('%s', (_what, accounts, files, records, groups) => {
  expect(grouped(accounts, files, records)).toEqual(groups);
});

test('an account that was asked about counts as it was asked, with its newest tokens', () => {
  const asked = record('acc', alice, 'newest');
  const [group] = groupLogins([asked], [file('a', '1', alice)], [record('acc', alice, 'stored')]);
  expect(group?.accounts).toEqual([asked]);
});
