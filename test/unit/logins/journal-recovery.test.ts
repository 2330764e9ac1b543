import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Account } from '../../../src/core/accounts/account.js';
import { withTombstone } from '../../../src/core/accounts/pool.js';
import { fingerprint, type JournalAnswer, readEntries, readJournal } from '../../../src/core/lineage/journal.js';
import { openEntry } from '../../../src/core/lineage/open-entry.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import type { Root } from '../../../src/core/storage/root.js';
import { accountOf, clockAt, readJson, type TokenWords, testRoot } from '../../support/stored-accounts.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

const alice = { userId: 'user-alice', accountId: 'acc-home', email: 'alice@example.com' };
const studio = { ...alice, accountId: 'acc-studio' };
const issuer = 'https://issuer.example';

/** An answer as the journal keeps it. */
function answerFor(facts: TokenWords, refreshToken = 'rt-2'): JournalAnswer {
  const token = tokenFor(facts);
  return { refreshToken, accessToken: token, idToken: token, receivedAt: (facts.iat ?? 0) * 1000 };
}

/** What a process left behind that was killed between the answer and the pool. */
async function crash(root: Root, asked: string[], answer: JournalAnswer | undefined, more: object = {}): Promise<void> {
  const header = {
    kind: 'refresh' as const,
    startedAt: 1,
    spent: fingerprint('rt-1'),
    accountIds: asked,
    issuer,
    clientId: 'app',
  };
  const entry = await openEntry(root.paths.journal, root.processes, { ...header, ...more });
  if (answer !== undefined) await entry.record(answer);
  entry.leave();
}

async function rootWith(accounts: readonly Account[], key?: string): Promise<Root> {
  const root = testRoot(clockAt(Date.UTC(2026, 10, 21)));
  await withStore(root, {}, (store) => store.savePool(key, { ...store.scope(key).pool, accounts }));
  return root;
}

/** Refresh token and issue time of every record after the next writer has run. */
async function recovered(root: Root): Promise<Record<string, [string | undefined, boolean]>> {
  return withStore(root, {}, (store) => {
    const records = store.scopes().flatMap(({ pool, flagged }) => [...pool.accounts, ...flagged.accounts]);
    return Object.fromEntries(
      records.map(({ id, tokens }) => [
        id,
        [tokens.refreshToken?.reveal(), tokens.accessToken?.reveal() === at(id, 20)],
      ]),
    );
  });
}

const at = (id: string, iat: number) => tokenFor({ ...(id === 'b' ? studio : alice), iat });
const keptFiles = ({ paths }: Root) => (fs.existsSync(paths.kept) ? fs.readdirSync(paths.kept) : []);

describe('an answered refresh of a process that has ended', () => {
  it('reaches the account that asked, and its refresh token all that shared it', async () => {
    const root = await rootWith([accountOf('a', { ...alice, iat: 10 }), accountOf('b', { ...studio, iat: 10 })]);
    await crash(root, ['a', 'b'], answerFor({ ...alice, iat: 20 }));
    expect(await recovered(root)).toEqual({ a: ['rt-2', true], b: ['rt-2', false] });
    expect(readEntries(root.paths.journal)).toEqual([]);
    expect(keptFiles(root)).toEqual([]);
  });

  it('reaches records in other pools and among the flagged', async () => {
    const root = await rootWith([accountOf('a', { ...alice, iat: 10 })], 'project');
    await withStore(root, {}, (store) => {
      const flag = { at: 1, reason: 'r', verificationCount: 0 };
      store.saveFlagged(undefined, {
        ...store.scope(undefined).flagged,
        accounts: [{ ...accountOf('b', studio), flag }],
      });
    });
    await crash(root, ['a', 'b'], answerFor({ ...alice, iat: 20 }));
    expect(await recovered(root)).toEqual({ a: ['rt-2', true], b: ['rt-2', false] });
  });

  it('does not overwrite newer tokens that the account has got since, and passes those on to who shared the old one', async () => {
    const root = await rootWith([
      accountOf('a', { ...alice, iat: 30, refresh: 'rt-3' }),
      accountOf('b', { ...studio, iat: 10 }),
    ]);
    await crash(root, ['a', 'b'], answerFor({ ...alice, iat: 20 }));
    expect(await recovered(root)).toEqual({ a: ['rt-3', false], b: ['rt-3', false] });
    expect(keptFiles(root)).toEqual([]);
  });

  it('that was stored before the crash changes nothing', async () => {
    const root = await rootWith([accountOf('a', { ...alice, iat: 20, refresh: 'rt-2', lastRefresh: 20_000 })]);
    const before = readJson(root.paths.globalPool);
    await crash(root, ['a'], answerFor({ ...alice, iat: 20 }));
    expect(await recovered(root)).toEqual({ a: ['rt-2', true] });
    expect(readJson(root.paths.globalPool)).toEqual(before);
  });

  it('wins over older tokens that another tool has written back over it', async () => {
    const root = await rootWith([accountOf('a', { ...alice, iat: 5, refresh: 'rt-0' })]);
    await crash(root, ['a'], answerFor({ ...alice, iat: 20 }));
    expect(await recovered(root)).toEqual({ a: ['rt-2', true] });
  });

  it('for the other workspace of the login goes there, and only the refresh token to who asked', async () => {
    const root = await rootWith([accountOf('a', { ...alice, iat: 10 }), accountOf('b', { ...studio, iat: 10 })]);
    await crash(root, ['a', 'b'], answerFor({ ...studio, iat: 20 }));
    expect(await recovered(root)).toEqual({ a: ['rt-2', false], b: ['rt-2', true] });
  });

  it('whose account was removed meanwhile is kept aside, whole', async () => {
    const root = await rootWith([accountOf('c', { userId: 'u', accountId: 'x', refresh: 'rt-c' })]);
    const answer = answerFor({ ...alice, iat: 20 });
    await crash(root, ['a'], answer);
    expect(await recovered(root)).toEqual({ c: ['rt-c', false] });
    const [name = ''] = keptFiles(root);
    expect(readJson(join(root.paths.kept, name))).toMatchObject({
      version: 3,
      accounts: [{ ...alice, recordId: 'a', refreshToken: 'rt-2', accessToken: answer.accessToken }],
    });
    expect(fs.readdirSync(root.paths.journal)).toEqual([]);
  });

  it('is left to a process that still lives', async () => {
    const root = await rootWith([accountOf('a', { ...alice, iat: 10 })]);
    const header = {
      kind: 'refresh' as const,
      startedAt: 1,
      spent: fingerprint('rt-1'),
      accountIds: ['a'],
      issuer,
      clientId: 'app',
    };
    const entry = await openEntry(root.paths.journal, root.processes, header);
    await entry.record(answerFor({ ...alice, iat: 20 }));
    expect(await recovered(root)).toEqual({ a: ['rt-1', false] });
    entry.leave();
    expect(await recovered(root)).toEqual({ a: ['rt-2', true] });
  });

  it('keeps what the answer left out', async () => {
    const before = { ...alice, iat: 10, exp: 99 };
    const root = await rootWith([accountOf('a', before)]);
    await crash(root, ['a'], { refreshToken: 'rt-2', receivedAt: 1 });
    expect(await recovered(root)).toEqual({ a: ['rt-2', false] });
    const accounts = [{ accessToken: tokenFor(before), expiresAt: 99_000 }];
    expect(readJson(root.paths.globalPool)).toMatchObject({ accounts });
  });
});

it('a refresh without an answer stays on record, because its token may be spent', async () => {
  const root = await rootWith([accountOf('a', { ...alice, iat: 10 })]);
  await crash(root, ['a'], undefined);
  expect(await recovered(root)).toEqual({ a: ['rt-1', false] });
  expect(readEntries(root.paths.journal)).toHaveLength(1);
});

describe('an answer that a crash has torn', () => {
  it('gives the record its refresh token, and is kept whole', async () => {
    const root = await rootWith([accountOf('a', { ...alice, iat: 10 })]);
    await crash(root, ['a'], answerFor({ ...alice, iat: 20 }));
    tear(root, 200);
    expect(await recovered(root)).toEqual({ a: ['rt-2', false] });
    expect(fs.readdirSync(root.paths.journal)).toEqual([]);
    expect(keptFiles(root)).toEqual([expect.stringMatching(/^torn-answer-/)]);
  });

  it.each([{}, { kind: 'sign-in', spent: undefined }])('in its refresh token stays where it is: %j', async (more) => {
    const root = await rootWith([accountOf('a', { ...alice, iat: 10 })]);
    await crash(root, ['a'], answerFor({ ...alice, iat: 20 }), more);
    tear(root, 83);
    expect(await recovered(root)).toEqual({ a: ['rt-1', false] });
    expect(readJournal(root.paths.journal).unreadable).toHaveLength(1);
  });
});

/** Leaves so many bytes of the answer of the only entry. */
function tear({ paths }: Root, bytes: number): void {
  const [name = ''] = fs.readdirSync(paths.journal);
  const path = join(paths.journal, name);
  fs.writeFileSync(path, fs.readFileSync(path).subarray(0, 4096 + bytes));
}

describe('an answered sign-in of a process that has ended', () => {
  const signIn = { kind: 'sign-in' as const, accountIds: [], spent: undefined, label: 'büro', scopeKey: 'project' };

  it('becomes the account it would have become, where it would have been', async () => {
    const root = await rootWith([]);
    await crash(root, [], answerFor({ ...alice, iat: 20 }), signIn);
    expect(Object.values(await recovered(root))).toEqual([['rt-2', true]]);
    await withStore(root, {}, (store) => {
      expect(store.scope('project').pool.accounts).toMatchObject([{ ...alice, label: 'büro', provenance: { issuer } }]);
    });
  });

  it('clears the removal of that account, as the sign-in would have', async () => {
    const root = await rootWith([]);
    await withStore(root, {}, (store) =>
      store.savePool(undefined, withTombstone(store.scope(undefined).pool, alice, 1)),
    );
    await crash(root, [], answerFor({ ...alice, iat: 20 }), signIn);
    await recovered(root);
    expect(readJson(root.paths.globalPool)['removed']).toEqual([]);
  });

  it.each<[string, TokenWords, number]>([
    ['a newer sign-in stays, and the overtaken login is kept aside', { iat: 30, refresh: 'rt-3' }, 1],
    ['the very same login, stored before the crash, is not kept twice', { iat: 20, refresh: 'rt-2' }, 0],
  ])('%s', async (_what, words, kept) => {
    const root = await rootWith([accountOf('a', { ...alice, generation: 5, ...words })]);
    await crash(root, [], answerFor({ ...alice, iat: 20 }), signIn);
    expect(await recovered(root)).toMatchObject({ a: [words.refresh, words.iat === 20] });
    expect(keptFiles(root)).toHaveLength(kept);
  });

  it('that does not say whose it is, is kept aside', async () => {
    const root = await rootWith([]);
    await crash(root, [], { refreshToken: 'rt-2', accessToken: 'opaque', receivedAt: 1 }, signIn);
    expect(await recovered(root)).toEqual({});
    expect(keptFiles(root)).toHaveLength(1);
  });
});
