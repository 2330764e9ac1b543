import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprint, type JournalAnswer, openEntry, readEntries } from '../../../src/core/logins/journal.js';
import { withJournal } from '../../../src/core/logins/journal-overlay.js';
import { systemProcesses } from '../../../src/core/storage/process-table.js';
import { accountOf, modeOf } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';

const header = {
  kind: 'refresh' as const,
  startedAt: 1,
  spent: fingerprint('rt-1'),
  accountIds: ['a', 'b'],
  issuer: 'https://issuer.example',
  clientId: 'app',
};
const answer: JournalAnswer = { refreshToken: 'rt-2', accessToken: 'at-2', receivedAt: 5 };

const newJournal = () => join(temporaryDirectory(), 'journal');
const open = (directory: string, more: object = {}) => openEntry(directory, systemProcesses, { ...header, ...more });

describe('an entry', () => {
  it('has its room on disk before anything is sent, for its owner only', () => {
    const directory = newJournal();
    fs.mkdirSync(directory, { mode: 0o755 });
    const entry = open(directory);
    expect(fs.statSync(entry.path).size).toBe(32 * 1024);
    expect([modeOf(directory), modeOf(entry.path)]).toEqual([0o700, 0o600]);
    expect(readEntries(directory)).toMatchObject([{ header }]);
    expect(readEntries(directory)[0]).not.toHaveProperty('answer');
    entry.discard();
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  it.each(['plain', 'Büro „Zürich“ 東京 🏔', 'x'.repeat(60)])(
    'gives its answer back whatever the label is: %s',
    (label) => {
      const directory = newJournal();
      const entry = open(directory, { label });
      entry.record(answer);
      expect(fs.statSync(entry.path).size).toBe(32 * 1024);
      entry.leave();
      expect(readEntries(directory)).toMatchObject([{ header: { label }, answer, isLeft: true }]);
    },
  );

  it('holds an answer that is longer than its room', () => {
    const directory = newJournal();
    const entry = open(directory);
    const long = { ...answer, idToken: 'i'.repeat(100_000) };
    entry.record(long);
    entry.leave();
    expect(readEntries(directory)).toMatchObject([{ answer: long }]);
  });

  it('that could not be read again is refused before anything is sent', () => {
    const directory = newJournal();
    expect(() => open(directory, { issuer: `https://${'x'.repeat(4000)}.example` })).toThrow(/too long/);
    expect(fs.existsSync(directory)).toBe(false);
  });

  it('can be given up or discarded only once, and does not touch the descriptors of others', () => {
    const directory = newJournal();
    const entry = open(directory);
    entry.leave();
    const other = fs.openSync(join(directory, 'other'), 'w');
    entry.discard();
    fs.writeSync(other, 'x');
    fs.closeSync(other);
    expect(fs.readFileSync(join(directory, 'other'), 'utf8')).toBe('x');
  });

  it('cannot be made where there is no directory to be', () => {
    const directory = join(temporaryDirectory(), 'file');
    fs.writeFileSync(directory, '');
    expect(() => open(directory)).toThrow(expect.objectContaining({ code: 'storage-write-failed' }));
    expect(() => readEntries(directory)).toThrow(expect.objectContaining({ code: 'storage-unreadable' }));
  });
});

describe('what a crash left', () => {
  function left(cut: (bytes: Buffer) => Buffer): string {
    const directory = newJournal();
    const entry = open(directory);
    entry.record(answer);
    entry.leave();
    const [name = ''] = fs.readdirSync(directory);
    const path = join(directory, name);
    fs.writeFileSync(path, cut(fs.readFileSync(path)));
    return directory;
  }

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['in the middle of a token', (bytes) => Buffer.concat([bytes.subarray(0, 4096 + 90), Buffer.alloc(500, ' ')])],
    ['before its end', (bytes) => bytes.subarray(0, 4096 + 120)],
    ['by a changed byte', (bytes) => Buffer.concat([bytes.subarray(0, 4196), Buffer.from('X'), bytes.subarray(4197)])],
  ])('an answer that is torn %s is none, and the entry still says what was asked', (_where, cut) => {
    const entries = readEntries(left(cut));
    expect(entries).toMatchObject([{ header }]);
    expect(entries[0]).not.toHaveProperty('answer');
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['a torn header', (bytes) => Buffer.concat([bytes.subarray(0, 40), Buffer.alloc(9000, ' ')])],
    ['nothing at all', () => Buffer.alloc(0)],
    ['a header of another version', (bytes) => Buffer.from(bytes.toString().replace('"version":1', '"version":2'))],
  ])('%s is no entry', (_what, cut) => {
    expect(readEntries(left(cut))).toEqual([]);
  });
});

describe('reading commands', () => {
  it('see the answer in the account that asked, its refresh token in those that shared it, and nothing elsewhere', () => {
    const directory = newJournal();
    open(directory).record(answer);
    const entries = readEntries(directory);
    const seen = (account: ReturnType<typeof accountOf>) => {
      const { refreshToken, accessToken, expiresAt } = withJournal(account, entries).tokens;
      return [refreshToken?.reveal(), accessToken?.reveal() === 'at-2', expiresAt];
    };
    expect(seen(accountOf('a', { refresh: 'rt-1', exp: 9 }))).toEqual(['rt-2', true, undefined]);
    expect(seen(accountOf('b', { refresh: 'rt-1', exp: 9 }))).toEqual(['rt-2', false, 9000]);
    expect(seen(accountOf('a', { refresh: 'rt-3', exp: 9 }))).toEqual(['rt-3', false, 9000]);
  });
});
