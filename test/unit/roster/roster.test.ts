import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { codexHomeAt } from '../../../src/core/codex/home.js';
import { fingerprint } from '../../../src/core/lineage/journal.js';
import { openEntry } from '../../../src/core/lineage/open-entry.js';
import type { Scope } from '../../../src/core/project/scope.js';
import { accountsElsewhere, readRoster } from '../../../src/core/roster/roster.js';
import { scopeFiles } from '../../../src/core/storage/paths.js';
import { authFileOf } from '../../support/auth-files.js';
import { testRoot, writeJson } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

const globalScope: Scope = { kind: 'global' };
const projectScope: Scope = { kind: 'project', key: 'p', root: '/made/up', legacyKeys: [] };

const alice = { userId: 'alice', accountId: 'home', email: 'alice@example.com' };
const record = (id: string, person: object, refreshToken = `rt-${id}`, iat = 10) => ({
  recordId: id,
  ...person,
  refreshToken,
  accessToken: tokenFor({ ...person, iat }),
});

function setUp(pools: { global?: object[]; project?: object[] }) {
  const root = testRoot();
  const home = codexHomeAt(temporaryDirectory());
  for (const [key, accounts] of [
    [undefined, pools.global],
    ['p', pools.project],
  ] as const) {
    if (accounts !== undefined) writeJson(scopeFiles(root.paths, key).pool, { version: 3, accounts });
  }
  return { root, home, read: (scope: Scope) => readRoster(root, home, scope) };
}

const tokensIn = ({ accounts }: ReturnType<typeof readRoster>) =>
  accounts.map(({ id, tokens }) => `${id} ${tokens.refreshToken?.reveal()}`);

describe('the roster', () => {
  it('of an empty home is empty, and makes nothing', () => {
    const { root, read } = setUp({});
    expect(read(projectScope)).toMatchObject({ accounts: [], warnings: [] });
    expect(existsSync(root.paths.root)).toBe(false);
  });

  it('of a project without a pool is the global one, and says where it was read', () => {
    const { root, read } = setUp({ global: [record('a', alice)] });
    const roster = read(projectScope);
    expect(tokensIn(roster)).toEqual(['a rt-a']);
    expect(roster.readFrom).toBe(root.paths.globalPool);
    expect(roster.path).toBe(scopeFiles(root.paths, 'p').pool);
  });

  it('shows the newer tokens of auth.json in the account they belong to, and in no other', () => {
    const vague = { email: alice.email };
    const { home, read } = setUp({ global: [record('v', vague), record('a', alice)] });
    writeJson(home.authFile, authFileOf());
    const roster = read(globalScope);
    expect(tokensIn(roster)).toEqual(['v rt-v', 'a rt-file']);
    expect(roster.active?.account.tokens.refreshToken?.reveal()).toBe('rt-file');
  });

  it('does not show older tokens of auth.json', () => {
    const { home, read } = setUp({ global: [record('a', alice, 'rt-a', 5000)] });
    writeJson(home.authFile, authFileOf());
    expect(tokensIn(read(globalScope))).toEqual(['a rt-a']);
  });

  it('names the account in use wherever it lives, the one with the ids before one with the email', () => {
    const { home, read } = setUp({ global: [record('v', { email: alice.email })], project: [record('a', alice)] });
    writeJson(home.authFile, authFileOf());
    expect(read(globalScope).active).toMatchObject({ account: { id: 'a' }, scopeKey: 'p' });
    expect(tokensIn(read(globalScope))).toEqual(['v rt-v']);
  });

  it('ends with the login in use that no pool has, and writes nothing', () => {
    const { root, home, read } = setUp({ global: [record('a', { ...alice, accountId: 'studio' })] });
    writeJson(home.authFile, authFileOf());
    const before = readFileSync(root.paths.globalPool, 'utf8');
    const { accounts, active } = read(globalScope);
    expect(accounts.map(({ accountId, isUnstored }) => [accountId, isUnstored])).toEqual([
      ['studio', undefined],
      [alice.accountId, true],
    ]);
    expect(active?.account).toBe(accounts[1]);
    expect(readFileSync(root.paths.globalPool, 'utf8')).toBe(before);
  });

  it('calls a login in use that shares an email with a record something else', () => {
    const { home, read } = setUp({ global: [record('a', { ...alice, accountId: 'studio' })] });
    writeJson(home.authFile, authFileOf());
    const [stored, unstored] = read(globalScope).accounts.map(({ distinction }) => distinction);
    expect(stored).toBeDefined();
    expect(unstored).toBeDefined();
    expect(stored).not.toBe(unstored);
  });

  it('has nobody in use when the person removed the account of the login', () => {
    const { root, home, read } = setUp({});
    const removed = [{ ...alice, removedAt: 1 }];
    writeJson(root.paths.globalPool, { version: 3, accounts: [], removed });
    writeJson(home.authFile, authFileOf());
    expect(read(globalScope)).toMatchObject({ accounts: [] });
    expect(read(globalScope)).not.toHaveProperty('active');
  });

  it('shows what the journal received but nobody has stored yet', async () => {
    const { root, read } = setUp({ global: [record('a', alice, 'rt-1')] });
    const header = {
      kind: 'refresh' as const,
      startedAt: 1,
      spent: fingerprint('rt-1'),
      accountIds: ['a'],
      issuer: 'i',
      clientId: 'c',
    };
    const entry = await openEntry(root.paths.journal, root.processes, header);
    await entry.record({ refreshToken: 'rt-2', receivedAt: 1 });
    expect(tokensIn(read(globalScope))).toEqual(['a rt-2']);
  });

  it('knows the accounts of the other pools', () => {
    const { read } = setUp({ global: [record('a', alice)], project: [record('b', alice)] });
    expect(accountsElsewhere(read(projectScope))).toMatchObject([{ account: { id: 'a' } }]);
  });

  it('leaves out a pool elsewhere that cannot be read, and says which; its own has to be good', () => {
    const { root, read } = setUp({ global: [record('a', alice)], project: [] });
    const { pool } = scopeFiles(root.paths, 'p');
    writeFileSync(pool, '{');
    const roster = read(globalScope);
    expect(tokensIn(roster)).toEqual(['a rt-a']);
    expect(roster.others).toEqual([]);
    expect(roster.warnings).toEqual([expect.stringContaining(`${pool} is damaged`)]);
    expect(() => read(projectScope)).toThrow(pool);
  });

  it('falls back to the global pool only if that can be read', () => {
    const { root, read } = setUp({});
    mkdirSync(root.paths.root, { recursive: true });
    writeFileSync(root.paths.globalPool, '{');
    expect(() => read(projectScope)).toThrow(root.paths.globalPool);
  });

  it('shows what an older version kept for one checkout as part of the project, and not beside it', () => {
    const scope: Scope = { kind: 'project', key: 'p', root: '/made/up', legacyKeys: ['wt', 'gone'] };
    const bob = { userId: 'bob', accountId: 'home', email: 'bob@example.com' };
    for (const project of [undefined, [record('b', bob, 'rt-b', 10)]]) {
      const pools = { global: [record('a', alice)] };
      const { root, read } = setUp(project === undefined ? pools : { ...pools, project });
      const legacy = scopeFiles(root.paths, 'wt').pool;
      const carol = { userId: 'carol', accountId: 'home' };
      const accounts = [record('x', alice), record('b', bob, 'rt-newer', 99), record('b', carol, 'rt-carol')];
      const written = writeJson(legacy, { version: 3, accounts, activeIndex: 1 });
      const roster = read(scope);
      // An account that the global pool has stays there; a record whose id another account has gets another id.
      expect(tokensIn(roster).sort()).toEqual(['b rt-newer', 'b-2 rt-carol']);
      expect(roster).toMatchObject({
        readFrom: scopeFiles(root.paths, 'p').pool,
        records: { pool: { activeId: 'b' } },
        others: [{ pool: { accounts: [{ id: 'a' }] } }],
        warnings: [expect.stringContaining(legacy)],
      });
      expect(readFileSync(legacy, 'utf8')).toBe(written);
    }
  });
});
