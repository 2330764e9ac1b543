import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { fingerprint } from '../../../src/core/lineage/journal.js';
import { isKnownSpent, logLineage } from '../../../src/core/lineage/lineage-log.js';
import { Secret } from '../../../src/core/secret.js';
import { modeOf, testRoot } from '../../support/stored-accounts.js';

const [first, second, third] = ['rt-first', 'rt-second', 'rt-third'].map((token) => new Secret(token)) as [
  Secret,
  Secret,
  Secret,
];

function newRoot() {
  const root = testRoot();
  mkdirSync(dirname(root.paths.lineageLog), { recursive: true });
  return root;
}

const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n');

test('a token that we exchanged is known to be spent, and no other is', () => {
  const root = newRoot();
  expect(isKnownSpent(root, first)).toBe(false);
  logLineage(root, { event: 'refreshed', accountId: 'a', before: first, after: second });
  logLineage(root, { event: 'refused', accountId: 'a', before: third });
  expect([first, second, third].map((token) => isKnownSpent(root, token))).toEqual([true, false, false]);
});

test('a journal fingerprint stands for its token', () => {
  const root = newRoot();
  logLineage(root, { event: 'refreshed', accountId: 'a', before: fingerprint('rt-first'), after: second });
  expect(isKnownSpent(root, first)).toBe(true);
});

test('a token that the provider did not replace is not spent', () => {
  const root = newRoot();
  logLineage(root, { event: 'refreshed', accountId: 'a', before: first, after: first });
  logLineage(root, { event: 'refreshed', accountId: 'a', before: second });
  expect([isKnownSpent(root, first), isKnownSpent(root, second)]).toEqual([false, false]);
});

test('the log holds no token and no bare fingerprint, and only its owner can read it', () => {
  const root = newRoot();
  logLineage(root, { event: 'refreshed', accountId: 'a', before: first, after: second, detail: 'why' });
  const content = readFileSync(root.paths.lineageLog, 'utf8');
  for (const token of ['rt-first', 'rt-second']) {
    expect(content).not.toContain(token);
    expect(content).not.toContain(fingerprint(token).slice(0, 16));
  }
  expect(modeOf(root.paths.lineageLog)).toBe(0o600);
  expect(JSON.parse(linesOf(root.paths.lineageLog)[1] ?? '')).toMatchObject({
    event: 'refreshed',
    accountId: 'a',
    pid: process.pid,
    detail: 'why',
  });
});

test('what follows a line that a crash has torn is not lost', () => {
  const root = newRoot();
  logLineage(root, { event: 'adopted', accountId: 'a' });
  appendFileSync(root.paths.lineageLog, '{"at":1,"eve');
  logLineage(root, { event: 'refreshed', accountId: 'a', before: first, after: second });
  expect(isKnownSpent(root, first)).toBe(true);
});

test('the log is halved before it grows beyond bounds, and the newest facts stay', () => {
  const root = newRoot();
  logLineage(root, { event: 'refreshed', accountId: 'a', before: third, after: second });
  appendFileSync(
    root.paths.lineageLog,
    `${JSON.stringify({ event: 'adopted', detail: 'x'.repeat(200) })}\n`.repeat(1_300),
  );
  const before = statSync(root.paths.lineageLog).size;
  logLineage(root, { event: 'refreshed', accountId: 'a', before: first, after: second });
  expect(statSync(root.paths.lineageLog).size).toBeLessThan(before * 0.6);
  expect([isKnownSpent(root, first), isKnownSpent(root, third)]).toEqual([true, false]);
});

test('a log that cannot be written or read is a problem that is told, and stops nothing', () => {
  const root = newRoot();
  mkdirSync(root.paths.lineageLog);
  expect(logLineage(root, { event: 'adopted', accountId: 'a' }).problem).toContain(root.paths.lineageLog);
  expect(isKnownSpent(root, first)).toBe(false);
});

test('a log of another content begins anew', () => {
  const root = newRoot();
  writeFileSync(root.paths.lineageLog, 'not ours\n');
  logLineage(root, { event: 'refreshed', accountId: 'a', before: first, after: second });
  expect(isKnownSpent(root, first)).toBe(true);
  expect(linesOf(root.paths.lineageLog)).toHaveLength(2);
});
