import { describe, expect, it } from 'vitest';
import {
  contradicts,
  findSame,
  type Identity,
  isExactly,
  isSameAccount,
  normalizeEmailKey,
} from '../../../src/core/accounts/identity.js';

const alice = { userId: 'alice', accountId: 'home', email: 'alice@example.com' };
const studio = { ...alice, accountId: 'studio' };
const org = { accountId: 'org-1', email: alice.email };
const orgOfAlice = { userId: 'alice', accountId: 'org-1' };
const bob = { userId: 'bob', accountId: 'studio', email: 'bob@example.com' };

describe('two logins', () => {
  it.each<[string, Identity, Identity, boolean]>([
    ['the same person in the same workspace', alice, { ...alice }, true],
    ['one whose email has changed', alice, { ...alice, email: 'new@example.com' }, true],
    [
      'two spellings of the email, nothing else known',
      { email: ' Alice@Example.com' },
      { email: 'alice@example.com' },
      true,
    ],
    ['two workspaces of one person', alice, studio, false],
    ['two members of one workspace', studio, bob, false],
    [
      'two members of one workspace, one of unknown id',
      { ...studio },
      { accountId: 'studio', email: bob.email },
      false,
    ],
    ['two members of one workspace with one address', studio, { ...bob, email: alice.email }, false],
    ['a record without user id, and the email agrees', { accountId: 'home', email: 'ALICE@example.com' }, alice, true],
    ['a login without account, and one of an account', { userId: 'alice', email: 'alice@example.com' }, alice, false],
    ['two logins without account of one person', { userId: 'alice' }, { userId: 'alice', email: 'new@x.io' }, true],
    ['two logins without account of two people', { userId: 'alice' }, { userId: 'bob' }, false],
    [
      'an account, and a record with an organization in its place',
      { accountId: 'home', email: alice.email },
      org,
      true,
    ],
    ['two organizations', org, { ...org, accountId: 'org-other' }, false],
    ['a login without account, and a record with an organization in its place', { userId: 'alice' }, orgOfAlice, true],
    ['a record without user id or email', { accountId: 'home' }, alice, false],
    ['only the email, of another workspace perhaps', { email: alice.email }, studio, true],
    ['nothing known', {}, {}, false],
    ['blank emails', { email: ' ' }, { email: '' }, false],
  ])('%s', (_what, a, b, expected) => {
    expect(isSameAccount(a, b)).toBe(expected);
    expect(isSameAccount(b, a)).toBe(expected);
  });

  it('are exactly one only when the user id is known, and the account or that there is none', () => {
    expect(isExactly(alice, { ...alice, email: 'x@example.com' })).toBe(true);
    expect(isExactly(alice, { ...alice, email: alice.email, userId: 'bob' })).toBe(false);
    expect(isExactly({ email: 'a@b' }, { email: 'a@b' })).toBe(false);
    expect(isExactly({ userId: 'alice' }, { userId: 'alice' })).toBe(true);
    expect(isExactly({ userId: 'alice' }, alice)).toBe(false);
  });

  it('contradict each other only in what both know', () => {
    expect(contradicts(alice, studio)).toBe(true);
    expect(contradicts(alice, { email: 'other@example.com' })).toBe(false);
    expect(contradicts({ userId: 'alice' }, bob)).toBe(true);
  });
});

describe('the record of a login', () => {
  const byEmail = { email: 'alice@example.com' };
  const bare = { userId: 'alice', email: 'alice@example.com' };
  const noUser = { accountId: 'studio', email: 'alice@example.com' };

  it.each<[string, Identity[], Identity, Identity | undefined]>([
    ['is the one with both ids, although one with the email comes first', [byEmail, studio], studio, studio],
    ['is the one with the account id before one with the email', [byEmail, noUser], studio, noUser],
    ['is the only one with the email', [bob, byEmail], alice, byEmail],
    ['is nobody when the email fits two workspaces', [alice, studio], byEmail, undefined],
    ['is nobody when two unknown workspaces have the email', [byEmail, { ...byEmail }], alice, undefined],
    ['without account is the one without account, beside two accounts', [alice, studio, bare], bare, bare],
    ['without account is no account of the person', [alice], bare, undefined],
    ['without account is neither of two accounts', [alice, studio], bare, undefined],
    ['of an account is the only login of the person, which named none until now', [bob, bare], alice, bare],
    ['of an account is not the one without, where the person has another account', [bare, studio], alice, undefined],
    ['of an account is that account, and not the one without', [bare, alice], alice, alice],
    ['is nobody among strangers', [alice, studio], bob, undefined],
  ])('%s', (_what, candidates, identity, expected) => {
    expect(findSame(candidates, identity)).toBe(expected);
  });
});

it('spells emails in one way', () => {
  expect(normalizeEmailKey('  Me@Example.COM\n')).toBe('me@example.com');
});
