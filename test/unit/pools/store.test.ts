import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyPool, withAccount } from '../../../src/core/accounts/pool.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import type { Store } from '../../../src/core/pools/store.js';
import { scopeFiles } from '../../../src/core/storage/paths.js';
import { accountOf, modeOf, readJson, testRoot, writeJson } from '../../support/stored-accounts.js';

const addTo = (store: Store, key: string | undefined, id: string) =>
  store.savePool(key, withAccount(store.scope(key).pool, accountOf(id, { refresh: `rt-${id}` })));

describe('a save', () => {
  it('is on disk when it returns, counted, and in the next look at the store', async () => {
    const root = testRoot();
    await withStore(root, {}, (store) => {
      addTo(store, undefined, 'a');
      expect(readJson(root.paths.globalPool)).toMatchObject({ generation: 1, accounts: [{ recordId: 'a' }] });
      addTo(store, undefined, 'b');
      addTo(store, 'project', 'c');
      expect(store.scopes().map(({ key, pool }) => [key, pool.accounts.length])).toEqual([
        [undefined, 2],
        ['project', 1],
      ]);
    });
    expect(readJson(root.paths.globalPool)).toMatchObject({
      generation: 2,
      accounts: [{ recordId: 'a' }, { recordId: 'b' }],
    });
  });

  it('leaves every directory and file of ours for its owner only, however loose another tool left them', async () => {
    const root = testRoot();
    const { pool } = scopeFiles(root.paths, 'project');
    for (const path of [root.paths.globalPool, pool]) {
      writeJson(path, { version: 3, accounts: [{ recordId: 'old', refreshToken: 'rt' }] }, 0o644);
    }
    const directories = [root.paths.root, join(root.paths.projects, 'project')];
    for (const directory of directories) fs.chmodSync(directory, 0o755);
    await withStore(root, {}, (store) => {
      addTo(store, undefined, 'a');
      addTo(store, 'project', 'b');
    });
    for (const directory of [...directories, root.paths.locks]) expect(modeOf(directory)).toBe(0o700);
    for (const path of [root.paths.globalPool, pool]) {
      expect([modeOf(path), modeOf(`${path}.bak`)]).toEqual([0o600, 0o600]);
      expect(fs.statSync(path).nlink).toBe(1);
    }
  });

  it('keeps a version 1 file as it was, byte by byte, before it becomes version 3', async () => {
    const root = testRoot();
    const original = writeJson(root.paths.globalPool, { accounts: [{ refreshToken: 'rt' }], activeIndex: 0 });
    await withStore(root, {}, (store) => {
      addTo(store, undefined, 'a');
      addTo(store, undefined, 'b');
    });
    expect(fs.readFileSync(`${root.paths.globalPool}.pre-v3.bak`, 'utf8')).toBe(original);
    expect(readJson(root.paths.globalPool)).toMatchObject({ version: 3 });
  });

  it('keeps a pool behind a link where it is', async () => {
    const root = testRoot();
    const target = join(root.paths.root, 'real', 'pool.json');
    writeJson(target, { version: 3, accounts: [{ recordId: 'a', refreshToken: 'rt' }] });
    fs.symlinkSync('real/pool.json', root.paths.globalPool);
    await withStore(root, {}, (store) => addTo(store, undefined, 'b'));
    expect(fs.lstatSync(root.paths.globalPool).isSymbolicLink()).toBe(true);
    expect(readJson(target)).toMatchObject({ accounts: [{ recordId: 'a' }, { recordId: 'b' }] });
    expect(readJson(`${root.paths.globalPool}.bak`)).toEqual(readJson(target));
    expect(readJson(`${root.paths.globalPool}.bak.1`)).toMatchObject({ accounts: [{ recordId: 'a' }] });
  });
});

describe('nothing is overwritten', () => {
  it('when another tool rewrote the file after it was read', async () => {
    const root = testRoot();
    writeJson(root.paths.globalPool, { version: 3, accounts: [] });
    let theirs = '';
    const attempt = withStore(root, {}, (store) => {
      theirs = writeJson(root.paths.globalPool, { version: 3, accounts: [{ recordId: 'theirs' }] });
      addTo(store, undefined, 'ours');
    });
    await expect(attempt).rejects.toMatchObject({ code: 'storage-conflict', details: { path: root.paths.globalPool } });
    expect(fs.readFileSync(root.paths.globalPool, 'utf8')).toBe(theirs);
  });

  it('when another tool made a file where there was none', async () => {
    const root = testRoot();
    const { pool } = scopeFiles(root.paths, 'project');
    const attempt = withStore(root, {}, (store) => {
      const before = store.scope('project').pool;
      writeJson(pool, { version: 3, accounts: [{ recordId: 'theirs' }] });
      store.savePool('project', withAccount(before, accountOf('ours')));
    });
    await expect(attempt).rejects.toMatchObject({ code: 'storage-conflict' });
    expect(readJson(pool)).toMatchObject({ accounts: [{ recordId: 'theirs' }] });
  });

  it('when another tool removed the file', async () => {
    const root = testRoot();
    writeJson(root.paths.globalPool, { version: 3, accounts: [] });
    const attempt = withStore(root, {}, (store) => {
      fs.rmSync(root.paths.globalPool);
      addTo(store, undefined, 'ours');
    });
    await expect(attempt).rejects.toMatchObject({ code: 'storage-conflict' });
    expect(fs.existsSync(root.paths.globalPool)).toBe(false);
  });

  it('by a change that began from an older state of the same store', async () => {
    const root = testRoot();
    const attempt = withStore(root, {}, (store) => {
      addTo(store, undefined, 'a');
      store.savePool(undefined, withAccount(emptyPool, accountOf('b')));
    });
    await expect(attempt).rejects.toMatchObject({ code: 'internal' });
    expect(readJson(root.paths.globalPool)).toMatchObject({ accounts: [{ recordId: 'a' }] });
  });

  it('when any pool of the root cannot be read, because an account must be looked for in all of them', async () => {
    const root = testRoot();
    writeJson(root.paths.globalPool, { version: 3, accounts: [] });
    const { pool } = scopeFiles(root.paths, 'project');
    writeJson(pool, {});
    await expect(withStore(root, {}, (store) => addTo(store, undefined, 'a'))).rejects.toMatchObject({
      code: 'storage-corrupt',
      details: { path: pool },
    });
    expect(readJson(root.paths.globalPool)).toEqual({ version: 3, accounts: [] });
  });
});

describe('what is known about the accounts', () => {
  it('is replaced without backups', async () => {
    const root = testRoot();
    const remember = (id: string) =>
      withStore(root, {}, (store) =>
        store.changeState((state) => ({ ...state, accounts: { ...state.accounts, [id]: {} } })),
      );
    await remember('a');
    await remember('b');
    expect(readJson(root.paths.accountState)).toMatchObject({ version: 1, accounts: { a: {}, b: {} } });
    expect(fs.existsSync(`${root.paths.accountState}.bak`)).toBe(false);
  });

  it('stays untouched in a file of a newer version', async () => {
    const root = testRoot();
    const newer = writeJson(root.paths.accountState, { version: 2, facts: [1] });
    await withStore(root, {}, (store) => store.changeState((state) => ({ ...state, accounts: { a: {} } })));
    expect(fs.readFileSync(root.paths.accountState, 'utf8')).toBe(newer);
  });
});

describe('whose root it is', () => {
  it('decides before anything is written', async () => {
    const root = testRoot();
    fs.mkdirSync(root.paths.root);
    const stranger = { ...root, effectiveUserId: (root.effectiveUserId ?? 0) + 1 };
    await expect(withStore(stranger, {}, () => undefined)).rejects.toMatchObject({ code: 'storage-wrong-owner' });
    expect(fs.readdirSync(root.paths.root)).toEqual([]);
  });

  it.skipIf(process.geteuid?.() !== 0)(
    'is asked of the place, too, where sudo would make the first file (needs root)',
    async () => {
      const root = testRoot();
      const home = join(root.paths.root, '..');
      fs.chownSync(home, 12345, 12345);
      await expect(withStore(root, {}, () => undefined)).rejects.toMatchObject({ code: 'storage-wrong-owner' });
      expect(fs.readdirSync(home)).toEqual([]);
      await expect(withStore({ ...root, effectiveUserId: 12345 }, {}, () => 'done')).resolves.toBe('done');
    },
  );
});
