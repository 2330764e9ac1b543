import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprint, type JournalAnswer, readEntries, readJournal } from '../../../src/core/lineage/journal.js';
import { withJournal } from '../../../src/core/lineage/journal-overlay.js';
import { openEntry } from '../../../src/core/lineage/open-entry.js';
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
  it('has its room on disk before anything is sent, for its owner only', async () => {
    const directory = newJournal();
    fs.mkdirSync(directory, { mode: 0o755 });
    const entry = await open(directory);
    expect(fs.statSync(entry.path).size).toBe(32 * 1024);
    expect([modeOf(directory), modeOf(entry.path)]).toEqual([0o700, 0o600]);
    expect(readEntries(directory)).toMatchObject([{ header }]);
    expect(readEntries(directory)[0]).not.toHaveProperty('answer');
    entry.discard();
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  it.each(['plain', 'Büro „Zürich“ 東京 🏔', 'x'.repeat(60)])(
    'gives its answer back whatever the label is: %s',
    async (label) => {
      const directory = newJournal();
      const entry = await open(directory, { label });
      await entry.record(answer);
      expect(fs.statSync(entry.path).size).toBe(32 * 1024);
      entry.leave();
      expect(readEntries(directory)).toMatchObject([{ header: { label }, answer, isLeft: true }]);
    },
  );

  it('holds an answer that is longer than its room', async () => {
    const directory = newJournal();
    const entry = await open(directory);
    const long = { ...answer, idToken: 'i'.repeat(100_000) };
    await entry.record(long);
    entry.leave();
    expect(readEntries(directory)).toMatchObject([{ answer: long }]);
  });

  it('that could not be read again is refused before anything is sent', async () => {
    const directory = newJournal();
    await expect(open(directory, { issuer: `https://${'x'.repeat(4000)}.example` })).rejects.toThrow(/too long/);
    expect(fs.existsSync(directory)).toBe(false);
  });

  it('can be given up or discarded only once, and does not touch the descriptors of others', async () => {
    const directory = newJournal();
    const entry = await open(directory);
    entry.leave();
    const other = fs.openSync(join(directory, 'other'), 'w');
    entry.discard();
    fs.writeSync(other, 'x');
    fs.closeSync(other);
    expect(fs.readFileSync(join(directory, 'other'), 'utf8')).toBe('x');
  });

  it('cannot be made where there is no directory to be', async () => {
    const directory = join(temporaryDirectory(), 'file');
    fs.writeFileSync(directory, '');
    await expect(open(directory)).rejects.toThrow(expect.objectContaining({ code: 'storage-write-failed' }));
    expect(() => readEntries(directory)).toThrow(expect.objectContaining({ code: 'storage-unreadable' }));
  });
});

describe('what a crash left', () => {
  async function left(cut: (bytes: Buffer) => Buffer): Promise<string> {
    const directory = newJournal();
    const entry = await open(directory);
    await entry.record(answer);
    entry.leave();
    const [name = ''] = fs.readdirSync(directory);
    const path = join(directory, name);
    fs.writeFileSync(path, cut(fs.readFileSync(path)));
    return directory;
  }

  const inAnswer = 4096 + 65;
  const cutAt = (end: number) => (bytes: Buffer) => Buffer.concat([bytes.subarray(0, end), Buffer.alloc(500, ' ')]);
  const withAnswer = (line: string) => (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 4096), Buffer.from(line)]);
  const checked = (payload: object) => `${fingerprint(JSON.stringify(payload))} ${JSON.stringify(payload)}\n`;

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['that is torn behind it', cutAt(inAnswer + '{"refreshToken":"rt-2"'.length)],
    ['that lacks its end', (bytes) => bytes.subarray(0, 4096 + 120)],
    [
      'with a changed byte',
      (bytes) => Buffer.concat([bytes.subarray(0, 4196), Buffer.from('X'), bytes.subarray(4197)]),
    ],
    [
      'of an older version, torn',
      withAnswer('0'.repeat(64).concat(' {"receivedAt":5,"refreshToken":"rt-2","accessTo')),
    ],
    ['with more members than are known', withAnswer(checked({ ...answer, workspace: 'w' }))],
    ['with other names', withAnswer(checked({ refresh_token: 'rt-2', access_token: 'at-2' }))],
  ])('the refresh token is read from an answer %s', async (_where, change) => {
    const { entries, unreadable } = readJournal(await left(change));
    expect(entries).toMatchObject([{ header, answer: { refreshToken: 'rt-2', receivedAt: 1 }, isSalvaged: true }]);
    expect(entries[0]?.answer).not.toHaveProperty('accessToken');
    expect(unreadable).toEqual([]);
  });

  const { spent } = header;
  it.each<[string, (bytes: Buffer) => Buffer, object]>([
    ['in its refresh token', cutAt(inAnswer + '{"refreshToken":"rt'.length), { spent, header, mayHoldTokens: true }],
    ['of another shape', withAnswer(checked({ token: 'rt-2' })), { spent, header, mayHoldTokens: true }],
    ['with nothing in it', withAnswer(checked({ receivedAt: 5 })), { spent, header, mayHoldTokens: true }],
  ])('an answer that is torn or strange is no missing one: %s', async (_where, change, expected) => {
    const { entries, unreadable } = readJournal(await left(change));
    expect(entries).toEqual([]);
    expect(unreadable).toMatchObject([{ ...expected, isLeft: true, problem: 'holds an answer that cannot be read' }]);
  });

  it.each<[string, (bytes: Buffer) => Buffer, object]>([
    [
      'of another version',
      (bytes) => Buffer.from(bytes.toString().replace('"version":1', '"version":2')),
      { spent, problem: 'is of version 2, which is not known here', mayHoldTokens: true },
    ],
    [
      'of another version without an answer',
      (bytes) => Buffer.from(bytes.toString('utf8', 0, 4096).replace('"version":1', '"version":2')),
      { spent, mayHoldTokens: false },
    ],
    ['with a damaged header', (bytes) => Buffer.concat([Buffer.from('X'), bytes.subarray(1)]), { spent }],
    [
      'without a header',
      (bytes) => Buffer.concat([Buffer.alloc(4096), bytes.subarray(4096)]),
      { problem: 'is damaged', mayHoldTokens: true },
    ],
    ['that is something else', () => Buffer.from('keep this'), { problem: 'is damaged', mayHoldTokens: false }],
  ])('an entry %s is kept in view', async (_what, change, expected) => {
    const { entries, unreadable } = readJournal(await left(change));
    expect(entries).toEqual([]);
    expect(unreadable).toMatchObject([expected]);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['a torn header', (bytes) => Buffer.concat([bytes.subarray(0, 40), Buffer.alloc(9000, ' ')])],
    ['a page that never reached the disk', () => Buffer.alloc(32 * 1024)],
    ['nothing at all', () => Buffer.alloc(0)],
  ])('%s is no entry: nothing was sent', async (_what, change) => {
    expect(readJournal(await left(change))).toEqual({ entries: [], unreadable: [] });
  });
});

describe('reading commands', () => {
  it('see the answer in the account that asked, its refresh token in those that shared it, and nothing elsewhere', async () => {
    const directory = newJournal();
    const entry = await open(directory);
    await entry.record(answer);
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
