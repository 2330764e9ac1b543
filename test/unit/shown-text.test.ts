import { describe, expect, test } from 'vitest';
import { maskEmail, maskEmails } from '../../src/cli/program/shown-text.js';
import { parseWorkspaces } from '../../src/core/accounts/workspaces.js';
import { printable, signsOf } from '../../src/core/printable.js';

describe('masking', () => {
  test.each([
    ['me@example.com', 'm***@e***'],
    ['josé@büro.example', 'j***@b***'],
    ['no address', 'n***@***'],
  ])('%s becomes %s', (email, masked) => {
    expect(maskEmail(email)).toBe(masked);
  });

  test.each([
    ['signed in as a.b+c@x.org, not as D@Y.org', 'signed in as a***@x***, not as D***@Y***'],
    ['{"email":"me@example.com","n":1}', '{"email":"m***@e***","n":1}'],
    ['work <me@example.com> (Studio)', 'work <m***@e***> (Studio)'],
    ['m***@e***', 'm***@e***'],
    ['npm i @openai/codex at 127.0.0.1', 'npm i @openai/codex at 127.0.0.1'],
  ])('finds the addresses in %j', (text, masked) => {
    expect(maskEmails(text)).toBe(masked);
  });
});

test.each([
  ['plain – Ünïcode 名 ✓', 'plain – Ünïcode 名 ✓'],
  ['\u001b[31mred\u001b[0m', '?[31mred?[0m'],
  ['two\nlines\r\n', 'two?lines??'],
  ['\u009b2J', '?2J'],
  ['a\u202eb\u2066c\u200bd\ufeff', 'a?b?c?d?'],
  ['👩\u200d💻 👩🏽\u200d💻 🏳️\u200d🌈 ☎︎ 1️⃣', '👩\u200d💻 👩🏽\u200d💻 🏳️\u200d🌈 ☎︎ 1️⃣'],
  ['a\u200db\u200d💻\u200d c\ufe0f \u200d\ufe0f', 'a?b?💻? c? ??'],
  ['👩\u200d\u202e💻👩\u200b💻', '👩??💻👩?💻'],
  ['wo\u00adrk\u034f\u3164', 'wo?rk??'],
])('%j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('is cut between signs, not inside one', () => {
  expect(signsOf('a👩\u200d💻é')).toEqual(['a', '👩\u200d💻', 'é']);
});

describe('the workspaces of a login', () => {
  test('a personal one without a name is called that', () => {
    const accounts = [
      { id: 'a', name: null, structure: 'personal' },
      { id: 'b', name: ' ', structure: 'workspace' },
      { id: 'c', name: 'Studio', structure: 'workspace' },
    ];
    expect(parseWorkspaces({ accounts })).toEqual([
      { id: 'a', name: 'Personal' },
      { id: 'b' },
      { id: 'c', name: 'Studio' },
    ]);
  });

  test('are read in both documented forms, and from nothing else', () => {
    expect(parseWorkspaces({ accounts: { c: { account: { name: 'Studio' } } } })).toEqual([
      { id: 'c', name: 'Studio' },
    ]);
    for (const other of [null, [], {}, { accounts: 7 }, '<html>']) expect(parseWorkspaces(other)).toBeUndefined();
  });
});
